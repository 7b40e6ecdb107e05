namespace Stoa.Sharing.Exchanges;

public sealed partial class Exchanges
{
    private const long DayMicroseconds = 86_400_000_000;

    private const string SelectDatasets =
        """
        SELECT   dataset_id
        FROM     exchange_dataset
        WHERE    exchange_id = @exchange
        ORDER BY dataset_id
        """;

    private static string SelectPage(ExchangeQuery query) =>
        $"""
        SELECT   e.id, e.party_id, e.token_id, e.agreement_id, e.dataset_id, e.datasets, e.channel, e.purpose, e.method, e.route, e.query,
                 e.status, e.row_count, e.bytes, e.digest, e.decision, e.version, e.accesses, e.organization_id,
                 e.by_office
        FROM     exchange e
        WHERE    {Asked(query)}
        ORDER BY e.id DESC
        LIMIT    @limit
        """;

    // The id holds microseconds times 2048.
    private static string SelectUsage(ExchangeQuery query) =>
        $"""
        SELECT   e.id / 2048 / {DayMicroseconds} AS day, e.party_id, e.organization_id, e.agreement_id, e.purpose, e.by_office,
                 CAST(SUM(e.accesses) AS BIGINT), CAST(SUM(e.row_count) AS BIGINT), CAST(SUM(e.bytes) AS BIGINT)
        FROM     exchange e
        WHERE    {Asked(query)}
        GROUP BY 1, e.party_id, e.organization_id, e.agreement_id, e.purpose, e.by_office
        ORDER BY 1 DESC, 7 DESC, 2, 3, 4, 5, 6
        LIMIT    @limit
        """;

    // Without days, so that its rows are as many as parties, however long the time.
    private static string SelectUsers(ExchangeQuery query) =>
        $"""
        SELECT   e.party_id, e.organization_id,
                 CAST(SUM(e.accesses) AS BIGINT), CAST(SUM(e.row_count) AS BIGINT), CAST(SUM(e.bytes) AS BIGINT)
        FROM     exchange e
        WHERE    {Asked(query)}
        GROUP BY e.party_id, e.organization_id
        """;

    // By exchange_party, exchange_organization, exchange_agreement or the primary key; a dataset's by exchange_of_dataset and exchange_dataset.
    private static string Asked(ExchangeQuery query) =>
        (query.Party is null ? "" : "e.party_id = @party AND ") +
        (query.Organization is null ? "" : "e.organization_id = @organization AND ") +
        (query.IsByOffice is null ? "" : "e.by_office = @office AND ") +
        (query.Agreement is null ? "" : "e.agreement_id = @agreement AND ") +
        (query.Dataset is null
            ? ""
            : """
              e.id IN (
                  SELECT id FROM exchange WHERE dataset_id = @dataset AND id BETWEEN @first AND @last
                  UNION ALL
                  SELECT exchange_id FROM exchange_dataset WHERE dataset_id = @dataset AND exchange_id BETWEEN @first AND @last) AND
              """) +
        " e.id BETWEEN @first AND @last";
}
