using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Markdig;
using Microsoft.OpenApi;

namespace Stoa.Host.Operations.ApiDescription;

/// <summary>The API document as a page: made here, once, so that it reads without script and needs nothing from
/// elsewhere.</summary>
internal sealed class ApiPage
{
    private static readonly JsonSerializerOptions Indented =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What most people look for first; the other groups follow in the order of the document.
    private static readonly string[] Leading = ["SensorThings", "Datasets"];

    private static readonly MarkdownPipeline Markdown = new MarkdownPipelineBuilder().DisableHtml().Build();

    private readonly StringBuilder _html = new(256 * 1024);
    private readonly OpenApiDocument _document;
    private readonly string _base;

    private ApiPage(OpenApiDocument document)
    {
        _document = document;
        _base = document.Servers?[0].Url ?? "";
    }

    /// <summary>The content of the page, without its frame.</summary>
    public static string Content(OpenApiDocument document)
    {
        var page = new ApiPage(document);
        page.WriteAll();
        return page._html.ToString();
    }

    private void WriteAll()
    {
        var groups = _document.Paths
            .SelectMany(path => path.Value.Operations ?? [], (path, operation) =>
                new Entry(path.Key, path.Value, operation.Key, operation.Value))
            .GroupBy(entry => entry.Operation.Tags?.FirstOrDefault()?.Name ?? "Other")
            .OrderBy(group => Array.IndexOf(Leading, group.Key) is >= 0 and var place ? place : Leading.Length)
            .ToArray();
        _html.Append("<div class=\"reference\">");
        WriteNavigation(groups);
        _html.Append("<div class=\"reference-body\"><header><h1>API reference</h1>");
        WriteMarkdown(_document.Info.Description);
        Append($"""
            <p class="reference-facts">Version {_document.Info.Version} · Base address <code>{_base}</code> ·
            <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1) · <a href="/problems">all problem types</a></p></header>
            """);
        foreach (var group in groups) WriteGroup(group);
        WriteSchemas();
        _html.Append("</div></div>");
    }

    private void WriteNavigation(IEnumerable<IGrouping<string, Entry>> groups)
    {
        _html.Append("<nav class=\"reference-nav\" aria-label=\"API\">");
        foreach (var group in groups)
        {
            Append($"<h2><a href=\"#{Anchor(group.Key)}\">{group.Key}</a></h2><ul>");
            foreach (var entry in group)
                Append($"<li><a href=\"#{entry.Id}\"><span class=\"verb verb-{entry.Verb.ToLowerInvariant()}\">{entry.Verb}</span> {entry.ShortPath}</a></li>");
            _html.Append("</ul>");
        }

        _html.Append("<h2><a href=\"#schemas\">Schemas</a></h2></nav>");
    }

    private void WriteGroup(IGrouping<string, Entry> group)
    {
        Append($"<section class=\"reference-group\" id=\"{Anchor(group.Key)}\"><h2>{group.Key}</h2>");
        WriteMarkdown(_document.Tags?.FirstOrDefault(tag => tag.Name == group.Key)?.Description);
        foreach (var entry in group) WriteOperation(entry);
        _html.Append("</section>");
    }

    private void WriteOperation(Entry entry)
    {
        Append($"""
            <details class="operation" id="{entry.Id}"><summary><span class="verb verb-{entry.Verb.ToLowerInvariant()}">{entry.Verb}</span>
            <code>{entry.Path}</code><span class="operation-summary">{entry.Operation.Summary}</span></summary><div class="operation-body">
            """);
        WriteMarkdown(entry.Operation.Description);
        WriteParameters([.. entry.Item.Parameters ?? [], .. entry.Operation.Parameters ?? []]);
        if (entry.Operation.RequestBody?.Content?.FirstOrDefault() is { Value: not null } body)
        {
            Append($"<h3>Body <code>{body.Key}</code></h3>");
            WriteSchema(body.Value.Schema);
        }

        Append($"<h3>Call</h3><div class=\"call\"><pre tabindex=\"0\"><code>{Call(entry)}</code></pre></div>");
        WriteResponses(entry.Operation.Responses ?? []);
        _html.Append("</div></details>");
    }

    private void WriteParameters(IReadOnlyCollection<IOpenApiParameter> parameters)
    {
        if (parameters.Count == 0) return;
        _html.Append("<h3>Parameters</h3><table><tbody>");
        foreach (var parameter in parameters)
        {
            Append($"<tr><th scope=\"row\"><code>{parameter.Name}</code></th><td>");
            WriteLabel(parameter.Schema);
            Append($"<span class=\"quiet\"> in {(parameter.In == ParameterLocation.Path ? "the path" : "the query")}</span></td><td>{parameter.Description}");
            if (parameter.Example is not null) Append($" <code>{parameter.Example.ToString()}</code>");
            _html.Append("</td></tr>");
        }

        _html.Append("</tbody></table>");
    }

    private void WriteResponses(OpenApiResponses responses)
    {
        _html.Append("<h3>Answers</h3><table><tbody>");
        foreach (var (status, response) in responses.OrderBy(response => response.Key, StringComparer.Ordinal))
        {
            Append($"<tr><th scope=\"row\"><code>{status}</code></th><td>{response.Description}</td><td>");
            if (response.Content?.FirstOrDefault() is { Value: not null } content) WriteLabel(content.Value.Schema);
            _html.Append("</td></tr>");
        }

        _html.Append("</tbody></table>");
    }

    private void WriteSchemas()
    {
        _html.Append("<section class=\"reference-group\" id=\"schemas\"><h2>Schemas</h2>");
        var schemas = _document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>();
        foreach (var (name, schema) in schemas.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Append($"<details class=\"operation\" id=\"schema-{name}\"><summary><code>{name}</code><span class=\"operation-summary\">{schema.Description}</span></summary><div class=\"operation-body\">");
            WriteProperties(schema);
            _html.Append("</div></details>");
        }

        _html.Append("</section>");
    }

    private void WriteSchema(IOpenApiSchema? schema)
    {
        if (schema?.Properties is { Count: > 0 }) WriteProperties(schema);
        else
        {
            _html.Append("<p>");
            WriteLabel(schema);
            _html.Append("</p>");
        }
    }

    private void WriteProperties(IOpenApiSchema schema)
    {
        if (schema.Properties is not { Count: > 0 } properties)
        {
            _html.Append("<p>");
            _html.Append(LabelOfShape(schema)).Append("</p>");
            return;
        }

        _html.Append("<table><tbody>");
        foreach (var (name, property) in properties)
        {
            Append($"<tr><th scope=\"row\"><code>{name}</code></th><td>");
            WriteLabel(property);
            if (schema.Required?.Contains(name) == true) _html.Append(" <span class=\"quiet\">needed</span>");
            Append($"</td><td>{property.Description}</td></tr>");
        }

        _html.Append("</tbody></table>");
    }

    private void WriteLabel(IOpenApiSchema? schema)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id }) Append($"<a href=\"#schema-{id}\">{id}</a>");
        else if (schema?.OneOf?.FirstOrDefault(one => one.Type != JsonSchemaType.Null) is { } one) WriteLabel(one);
        else if (schema?.Type is { } type && type.HasFlag(JsonSchemaType.Array) && schema.Items is not null)
        {
            _html.Append("list of ");
            WriteLabel(schema.Items);
        }
        else _html.Append(LabelOfShape(schema));
    }

    private static string LabelOfShape(IOpenApiSchema? schema) => (schema?.Type & ~JsonSchemaType.Null) switch
    {
        JsonSchemaType.String when schema?.Format is "date-time" => "time",
        JsonSchemaType.String => "text",
        JsonSchemaType.Boolean => "true or false",
        JsonSchemaType.Object => "object",
        JsonSchemaType.Array => "list",
        { } type when type.HasFlag(JsonSchemaType.Integer) => "whole number",
        { } type when type.HasFlag(JsonSchemaType.Number) => "number",
        _ => "any JSON value",
    };

    private string Call(Entry entry)
    {
        var path = entry.Path.Replace("{id}", "1", StringComparison.Ordinal)
            .Replace("{slug}", "air-quality", StringComparison.Ordinal);
        var isRead = entry.Method == HttpMethod.Get;
        var call = new StringBuilder(isRead ? "curl " : $"curl -X {entry.Verb} ");
        call.Append('"').Append(_base).Append(path).Append('"');
        if (!isRead || entry.Path.StartsWith("/api/v1/tokens", StringComparison.Ordinal))
            call.Append(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
        if (entry.Operation.RequestBody?.Content?.FirstOrDefault() is { Value: not null } body)
            call.Append(CultureInfo.InvariantCulture, $" \\\n  -H \"Content-Type: {body.Key}\" \\\n  -d '")
                .Append((ExampleOf(body.Value.Schema, 0) ?? new JsonObject()).ToJsonString(Indented)).Append('\'');
        return call.ToString();
    }

    /// <summary>The schema's own example, else one made of its properties.</summary>
    private static JsonNode? ExampleOf(IOpenApiSchema? schema, int depth)
    {
        if (schema?.Examples?.FirstOrDefault() is { } example) return example.DeepClone();
        if (schema is null || depth > 3) return null;
        if (schema.Properties is { Count: > 0 } properties)
            return new JsonObject(properties.Where(property => property.Value.ReadOnly is false).Select(property =>
                KeyValuePair.Create(property.Key, ExampleOf(property.Value, depth + 1))));
        return (schema.Type & ~JsonSchemaType.Null) switch
        {
            JsonSchemaType.Array => new JsonArray(ExampleOf(schema.Items, depth + 1)),
            JsonSchemaType.Boolean => JsonValue.Create(false),
            JsonSchemaType.Integer or JsonSchemaType.Number => JsonValue.Create(1),
            JsonSchemaType.String when schema?.Format is "date-time" => JsonValue.Create("2026-01-01T00:00:00Z"),
            JsonSchemaType.String => JsonValue.Create("…"),
            _ => new JsonObject(),
        };
    }

    private void WriteMarkdown(string? text)
    {
        if (!string.IsNullOrEmpty(text)) _html.Append(Markdig.Markdown.ToHtml(text, Markdown));
    }

    /// <summary>Literal parts as they are, values encoded.</summary>
    private void Append(FormattableString html) => _html.Append(string.Format(
        CultureInfo.InvariantCulture, html.Format,
        [.. html.GetArguments().Select(value =>
            (object)HtmlEncoder.Default.Encode(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""))]));

    private static string Anchor(string text) => text.Replace(' ', '-').ToLowerInvariant();

    private sealed record Entry(string Path, IOpenApiPathItem Item, HttpMethod Method, OpenApiOperation Operation)
    {
        public string Verb => Method.Method.ToUpperInvariant();

        public string Id => Operation.OperationId ?? Verb + Path;

        public string ShortPath =>
            Path.Replace("/api/v1", "", StringComparison.Ordinal)
                .Replace("/sensorthings/v1.1", "", StringComparison.Ordinal) is { Length: > 0 } rest ? rest : "/";
    }
}
