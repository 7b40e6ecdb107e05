using System.Text.Json;
using System.Text.Json.Serialization;
using Stoa.Identity.Http;
using Stoa.Sharing.Policy;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Exchanges;

/// <summary>An exchange record on the wire.</summary>
/// <param name="Id">Its id, as text: it has more digits than a number of JSON holds safely.</param>
/// <param name="At">When the answer had left.</param>
/// <param name="Party">Who; absent for a token that nobody holds.</param>
/// <param name="Token">With which token.</param>
/// <param name="Agreement">Under which agreement.</param>
/// <param name="Purpose">For which purpose.</param>
/// <param name="Datasets">Datasets that are not open and could be reached, by slug; at most 16.</param>
/// <param name="DatasetCount">How many could.</param>
/// <param name="Channel">By which way out.</param>
/// <param name="Method">GET, HEAD or POST.</param>
/// <param name="Route">The path, with 0 for every number.</param>
/// <param name="Query">The query, with ? for every value.</param>
/// <param name="Status">Of the answer.</param>
/// <param name="Rows">Rows that left.</param>
/// <param name="Bytes">Bytes that left.</param>
/// <param name="Sha256">Of the body, in hexadecimal digits.</param>
/// <param name="Decision">Which decision let it through.</param>
/// <param name="Version">The governance state by which it was decided.</param>
/// <param name="Organization">For which organization, as it stood then.</param>
/// <param name="ByOffice">Read because the data office may read everything.</param>
/// <param name="Group">The group of users (ISO 37156, 9.2 f) of the organization, else of who did it, as it is entered now.</param>
public sealed record ExchangeView(
    string Id, Instant At, long? Party, long? Token, long? Agreement, string? Purpose, IReadOnlyList<string> Datasets, int DatasetCount,
    string Channel, string Method, string Route, string Query, int Status, long Rows, long Bytes, string Sha256, string? Decision,
    long Version, long? Organization, bool ByOffice, string? Group)
{
    internal static ExchangeView Of(ExchangeRecord record, AccessPolicy policy, IReadOnlyCollection<DatasetId>? named) => new(
        record.Id.ToString(), record.Id.At, record.Party?.Value, record.Token, record.Agreement, record.Purpose,
        [.. record.Datasets.Where(id => named is null || named.Contains(id)).Select(id => policy.TryFindDataset(id, out var dataset) ? dataset.Slug : id.ToString())], record.DatasetCount,
        JsonNamingPolicy.CamelCase.ConvertName(record.Channel.ToString()), record.Method, record.Route, record.Query, record.Status,
        record.Rows, record.Bytes, record.Digest.ToString(), record.Decision, record.Version,
        record.Organization?.Value, record.IsByOffice, UserGroups.Of(policy.Snapshot, record.Party, record.Organization));
}

/// <summary>One page of records.</summary>
/// <param name="Value">The records, newest first.</param>
/// <param name="NextLink">The address of the next page; absent on the last.</param>
public sealed record ExchangePage(IReadOnlyList<ExchangeView> Value, string? NextLink);

/// <summary>What was used on a day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Party">By whom.</param>
/// <param name="Organization">For which organization, as it stood then.</param>
/// <param name="Group">The group of users of the organization, else of who did it, as it is entered now.</param>
/// <param name="Agreement">Under which agreement.</param>
/// <param name="Purpose">For which purpose.</param>
/// <param name="ByOffice">Read because the data office may read everything.</param>
/// <param name="Accesses">How many answers.</param>
/// <param name="Rows">Rows in them.</param>
/// <param name="Bytes">Bytes in them.</param>
public sealed record UsageView(
    string Day, long? Party, long? Organization, string? Group, long? Agreement, string? Purpose, bool ByOffice, long Accesses, long Rows, long Bytes);

/// <summary>What a group of users has used (ISO 37156, 9.2 f).</summary>
/// <param name="Group">One of the six; absent for whose group nobody has entered.</param>
/// <param name="Accesses">How many answers.</param>
/// <param name="Rows">Rows in them.</param>
/// <param name="Bytes">Bytes in them.</param>
public sealed record UsageGroup(string? Group, long Accesses, long Rows, long Bytes)
{
    internal UsageGroup Plus(long accesses, long rows, long bytes) =>
        new(Group, Accesses + accesses, Rows + rows, Bytes + bytes);
}

/// <summary>Usage by day, and by group of users.</summary>
/// <param name="Value">Newest day first.</param>
/// <param name="IsCut">There is more: ask for less time.</param>
/// <param name="Groups">Of all the time asked for: each of the six groups, and at the end what is of none.</param>
public sealed record UsageList(IReadOnlyList<UsageView> Value, bool IsCut, IReadOnlyList<UsageGroup> Groups);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(InstantJson)])]
[JsonSerializable(typeof(ExchangePage))]
[JsonSerializable(typeof(UsageList))]
internal sealed partial class ExchangeJson : JsonSerializerContext;
