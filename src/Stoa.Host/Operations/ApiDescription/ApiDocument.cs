using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Stoa.Portal.Pages;
using Stoa.Vocabulary;

namespace Stoa.Host.Operations.ApiDescription;

/// <summary>The OpenAPI document of everything the program offers, made once, on first use.</summary>
internal sealed class ApiDocument(
    [FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    public const string Name = "v1";

    private const string About =
        """
        Everything a city's data exchange offers. Open data is read without a token; other requests carry one as
        `Authorization: Bearer …`, made by `stoa token create`. Refusals are problem documents (RFC 9457) whose `type` is the
        address of a page with advice.
        """;

    private Made? _made;

    /// <summary>Registers what makes the document.</summary>
    public static void Add(IServiceCollection services, Uri baseAddress)
    {
        services.AddOpenApi(Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.AddSchemaTransformer((schema, context, _) =>
            {
                // Numbers are read from numbers alone, and an Instant is written as a time; neither shows in the types.
                if (schema.Type is { } type && type.HasFlag(JsonSchemaType.Integer)
                    && type.HasFlag(JsonSchemaType.String))
                    (schema.Type, schema.Pattern) = (type & ~JsonSchemaType.String, null);
                if (context.JsonTypeInfo.Type == typeof(Instant) || context.JsonTypeInfo.Type == typeof(Instant?))
                    (schema.Type, schema.Format) = (JsonSchemaType.String, "date-time");
                // What is null is left out of an answer, so it cannot be required.
                foreach (var property in context.JsonTypeInfo.Properties)
                    if (property.IsGetNullable) schema.Required?.Remove(property.Name);
                return Task.CompletedTask;
            });
            options.AddOperationTransformer((operation, _, _) =>
            {
                // Any media type reaches the handlers, so that they can say what they take; that is not an offer.
                if (operation.RequestBody?.Content is { Count: > 1 } content) content.Remove("*/*");
                return Task.CompletedTask;
            });
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo { Title = "Stoa", Version = ProductVersion.Text, Description = About };
                document.Servers = [new OpenApiServer { Url = baseAddress.ToString().TrimEnd('/') }];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
                document.Components.SecuritySchemes["token"] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "A token made by an administrator. Reading open data needs none.",
                };
                document.Security = [[],
                    new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
                SensorThingsPaths.AddTo(document);
                return Task.CompletedTask;
            });
        });
        services.AddSingleton<ApiDocument>();
    }

    /// <summary>/openapi.json with an entity tag, and /docs, the same for people.</summary>
    public void Map(IEndpointRouteBuilder routes, ReferencePages frame)
    {
        routes.MapGet("/openapi.json", async (HttpContext context) =>
        {
            var made = await MadeAsync(context.RequestAborted);
            context.Response.Headers.CacheControl = "public, max-age=300";
            return Results.Bytes(made.Json, "application/json", entityTag: new(made.EntityTag));
        }).ExcludeFromDescription();
        routes.MapGet("/docs", async (HttpContext context) =>
        {
            var made = await MadeAsync(context.RequestAborted);
            await frame.WriteAsync(context, "API reference", made.Page, isWide: true);
        }).ExcludeFromDescription();
    }

    /// <summary>The document, as it is sent and as it is shown.</summary>
    /// <remarks>Two first requests at once may both make it; the outcome is the same.</remarks>
    public async Task<Made> MadeAsync(CancellationToken cancellation) => _made ??= await MakeAsync(cancellation);

    private async Task<Made> MakeAsync(CancellationToken cancellation)
    {
        var document = await provider.GetOpenApiDocumentAsync(cancellation);
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1, cancellation);
        var bytes = json.ToArray();
        return new Made(bytes, ApiPage.Content(document),
            $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\"");
    }

    /// <param name="Json">As programs read it.</param>
    /// <param name="Page">As people read it, HTML.</param>
    /// <param name="EntityTag">Changes with the content.</param>
    internal sealed record Made(byte[] Json, string Page, string EntityTag);
}
