using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace Stoa.Host.Operations.ApiDescription;

/// <summary>Describes the SensorThings interface in the API document: its paths follow from the entity types.</summary>
/// <remarks>OGC 18-088, 8.2 (entities), 9.2 (paths), 9.3 (query options), 10 (writing), 11
/// (CreateObservations).</remarks>
internal static class SensorThingsPaths
{
    private const string Root = "/sensorthings/v1.1";

    private const string About =
        "OGC SensorThings 1.1 over everything the caller may see. The same paths stand under " +
        "/datasets/{slug}/sensorthings/v1.1 for one dataset alone; what is created there belongs to it. " +
        "Related entities are reached by paths such as Things(1)/Datastreams, a property by Things(1)/name, its bare value " +
        "by Things(1)/name/$value.";

    private static readonly (string Name, string Text, string Example)[] QueryOptions =
    [
        ("$filter", "Only entities for which this holds; paths over relations are allowed.",
            "result gt 20 and phenomenonTime ge 2026-01-01T00:00:00Z"),
        ("$orderby", "Order, by one or more properties.", "phenomenonTime desc"),
        ("$top", "Entities on the page, at most the server's limit.", "10"),
        ("$skip", "Entities to leave out at the front.", "0"),
        ("$select", "Properties to return.", "result,phenomenonTime"),
        ("$expand", "Related entities to include, with options of their own.", "Datastreams($select=name)"),
        ("$count", "Whether to count all entities that match.", "true"),
        ("$resultFormat", "CSV or GeoJSON instead of JSON, dataArray for Observations; also by the Accept header.", "CSV"),
        ("$resultMetadata", "minimal: without links.", "minimal"),
    ];

    public static void AddTo(OpenApiDocument document)
    {
        document.Tags ??= new HashSet<OpenApiTag>();
        document.Tags.Add(new OpenApiTag { Name = "SensorThings", Description = About });
        document.Components ??= new OpenApiComponents();
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        foreach (var entity in SensorThingsEntity.All) document.Components.Schemas[entity.Name] = SchemaOf(entity);
        var root = new OpenApiPathItem();
        root.AddOperation(HttpMethod.Get,
            Operation(document, "GetServiceRoot", "The landing page: entity sets and what the server offers"));
        document.Paths.Add(Root, root);
        foreach (var entity in SensorThingsEntity.All) AddPaths(document, entity);
        AddDataArray(document);
        AddAggregation(document);
    }

    private static readonly (string Name, string Text, string Example)[] AggregationParameters =
    [
        ("interval", "Length of a bucket, ISO 8601: PT15M, PT1H, P1D, P1W, P1M, P1Y.", "PT1H"),
        ("zone", "Time zone by whose clocks and calendar buckets begin; UTC when absent.", "Europe/Berlin"),
        ("functions", "Of avg, min, max, sum, count, first, last, p0 to p100.", "avg,p95"),
        ("groupBy", "Datastream, Thing, ObservedProperty, Area or none.", "Datastream"),
        ("area", "NAME:WKT, may be repeated: observations of Things with a Location there.",
            "centre:POLYGON((7.6 51.9,7.7 51.9,7.7 52,7.6 51.9))"),
        ("fill", "null: a row for every bucket.", "null"),
        ("$filter", "Only observations for which this holds.", "phenomenonTime ge 2026-01-01T00:00:00Z"),
        ("$top", "Rows of a page, at most 10,000.", "1000"),
        ("$resultFormat", "CSV instead of JSON.", "CSV"),
    ];

    private static void AddAggregation(OpenApiDocument document)
    {
        var aggregate = Operation(document, "AggregateObservations", "Figures of observations over buckets of time");
        aggregate.Parameters = [.. AggregationParameters.Select(Option)];
        var item = new OpenApiPathItem();
        item.AddOperation(HttpMethod.Get, aggregate);
        document.Paths.Add(Root + "/Observations/$aggregate", item);
    }

    private static void AddPaths(OpenApiDocument document, SensorThingsEntity entity)
    {
        var set = new OpenApiPathItem();
        var list = Operation(document, "List" + entity.Set, $"List {entity.Plural}");
        list.Parameters = [.. QueryOptions.Select(Option)];
        list.Responses!["200"] = Answer("A page; @iot.nextLink leads to the next.", PageOf(document, entity));
        set.AddOperation(HttpMethod.Get, list);
        var create = Operation(document, "Create" + entity.Name, $"Create {entity.Singular}", 401, 403, 413, 429);
        create.RequestBody = Body(new OpenApiSchemaReference(entity.Name, document));
        create.Responses!.Remove("200");
        create.Responses["201"] =
            new OpenApiResponse { Description = "Created; Location is its address. It is on the disk." };
        set.AddOperation(HttpMethod.Post, create);
        document.Paths.Add($"{Root}/{entity.Set}", set);

        var one = new OpenApiPathItem { Parameters = [Id()] };
        var get = Operation(document, "Get" + entity.Name, $"Get {entity.Singular} by its id", 404);
        get.Parameters = [.. QueryOptions.Where(option => option.Name is "$select" or "$expand").Select(Option)];
        get.Responses!["200"] = Answer("The entity.", new OpenApiSchemaReference(entity.Name, document));
        one.AddOperation(HttpMethod.Get, get);
        var update = Operation(document, "Update" + entity.Name, $"Change some properties of {entity.Singular}", 401,
            403, 404);
        update.RequestBody = Body(new OpenApiSchemaReference(entity.Name, document));
        one.AddOperation(HttpMethod.Patch, update);
        var replace = Operation(document, "Replace" + entity.Name, $"Replace {entity.Singular}", 401, 403, 404);
        replace.RequestBody = Body(new OpenApiSchemaReference(entity.Name, document));
        one.AddOperation(HttpMethod.Put, replace);
        one.AddOperation(HttpMethod.Delete,
            Operation(document, "Delete" + entity.Name, $"Delete {entity.Singular} and what cannot be without it", 401,
                403, 404));
        document.Paths.Add($"{Root}/{entity.Set}({{id}})", one);
    }

    private static void AddDataArray(OpenApiDocument document)
    {
        var create = Operation(document, "CreateObservations",
            "Create many Observations of several Datastreams at once", 401, 403, 413, 429);
        create.Description = "One line of the answer for each row: the address of the Observation, or error.";
        create.RequestBody = Body(new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Examples =
            [
                JsonNode.Parse(
                    """
                    [{ "Datastream": { "@iot.id": 1 }, "components": ["phenomenonTime", "result"],
                       "dataArray": [["2026-01-01T00:00:00Z", 20.5], ["2026-01-01T00:15:00Z", 20.7]] }]
                    """)!,
            ],
        });
        create.Responses!.Remove("200");
        create.Responses["201"] = new OpenApiResponse { Description = "Each row's outcome, in order." };
        var item = new OpenApiPathItem();
        item.AddOperation(HttpMethod.Post, create);
        document.Paths.Add(Root + "/CreateObservations", item);
    }

    private static OpenApiOperation Operation(OpenApiDocument document, string id, string summary,
        params ReadOnlySpan<int> refusals)
    {
        var operation = new OpenApiOperation
        {
            OperationId = id,
            Summary = summary,
            Tags = new HashSet<OpenApiTagReference> { new("SensorThings", document) },
            Responses = new OpenApiResponses { ["200"] = new OpenApiResponse { Description = "Done." } },
        };
        foreach (var status in (ReadOnlySpan<int>)[400, .. refusals])
            operation.Responses[status.ToString(System.Globalization.CultureInfo.InvariantCulture)] =
                new OpenApiResponse
            {
                Description = UnansweredRefusals.For(status).Title,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] =
                        new() { Schema = new OpenApiSchemaReference("ProblemDocument", document) },
                },
            };
        return operation;
    }

    private static OpenApiParameter Option((string Name, string Text, string Example) option) => new()
    {
        Name = option.Name,
        In = ParameterLocation.Query,
        Description = option.Text,
        Example = JsonValue.Create(option.Example),
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    private static OpenApiParameter Id() => new()
    {
        Name = "id",
        In = ParameterLocation.Path,
        Required = true,
        Description = "The number in @iot.id.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
    };

    private static OpenApiRequestBody Body(IOpenApiSchema schema) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema } },
    };

    private static OpenApiResponse Answer(string description, IOpenApiSchema schema) => new()
    {
        Description = description,
        Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema } },
    };

    private static OpenApiSchema PageOf(OpenApiDocument document, SensorThingsEntity entity) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["@iot.count"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64" },
            ["@iot.nextLink"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri" },
            ["value"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Array, Items = new OpenApiSchemaReference(entity.Name, document),
            },
        },
    };

    private static OpenApiSchema SchemaOf(SensorThingsEntity entity)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = entity.Meaning,
            Properties = new Dictionary<string, IOpenApiSchema>(),
            Required = new HashSet<string>(),
            Examples = [JsonNode.Parse(entity.Example)!],
        };
        foreach (var property in entity.Properties)
        {
            schema.Properties[property.Name] = new OpenApiSchema
            {
                Type = property.Type, Format = property.Format, Description = property.Meaning,
            };
            if (property.IsMandatory) schema.Required.Add(property.Name);
        }

        foreach (var relation in entity.Relations)
            schema.Properties[relation.Name] = new OpenApiSchema
            {
                Type = relation.IsMany ? JsonSchemaType.Array : JsonSchemaType.Object,
                Description = "In a request: { \"@iot.id\": … } of an existing one, or a new one to create. In an answer: with $expand.",
            };
        return schema;
    }
}
