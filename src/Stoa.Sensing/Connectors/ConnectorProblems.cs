using Stoa.Vocabulary;

namespace Stoa.Sensing.Connectors;

/// <summary>The refusals that concern connectors.</summary>
internal static class ConnectorProblems
{
    internal static Problem Untested { get; } = new(
        409, "connector-untested", "The connector has not been tested",
        "It is switched on after its declaration has understood a payload: send one to …/test, or put one under 'sample' in " +
        "the declaration. force=true switches it on without.");

    internal static Problem Disabled { get; } = new(
        409, "connector-disabled", "The connector is switched off",
        "Nothing was taken or kept. Switch it on (POST …/enable) and send the message again.");

    internal static Problem SampleNotUnderstood(string reason) => new(
        400, "sample-not-understood", "The sample of the declaration is not understood",
        $"By the rules of the declaration its own sample gives no observation: {reason}. Correct the rules or the sample.");

    internal static Problem DeclaredInFile(string file) => new(
        409, "connector-in-file", "The connector is declared in a file",
        $"It is declared in {file} of the server's folder of connectors. Change it there and start the server again.");

    internal static Problem DeclaredOverApi(string name) => new(
        409, "connector-over-api", "The connector is declared over the API",
        $"There is a connector '{name}' in this dataset already. Delete it, or name the one in the file otherwise.");

    internal static Problem TooMany(int limit) => new Problem(
        409, "too-many-connectors", "The dataset has as many connectors as it may have",
        $"At most {limit}. Delete one that is not needed, or let one connector take several topics.").With("limit", limit);

    internal static Problem PayloadTooLarge(int limit) => new Problem(
        413, "payload-too-large", "The payload is larger than a connector takes",
        $"At most {limit} bytes. Nothing was kept. Send it in parts, or import large files (docs/import.md).").With("limit", limit);

    internal static Problem TopicNotTaken(string topic) => new(
        400, "topic-not-taken", "The connector does not take this topic",
        $"'{topic}' matches none of the topics of the declaration. Leave the topic out, or correct it.");
}
