namespace Stoa.Conformance;

/// <summary>Request bodies as OGC 18-088, 10.2 shows them; <c>more</c> is further members, with a comma before each.</summary>
internal static class Bodies
{
    public const string GeoJson = "application/geo+json";
    public const string ObservationTypes = "http://www.opengis.net/def/observationType/OGC-OM/2.0/";

    public const string Celsius =
        """{"name":"degree Celsius","symbol":"degC","definition":"http://www.qudt.org/qudt/owl/1.0.0/unit/Instances.html#DegreeCelsius"}""";

    public const string NoUnit = """{"name":null,"symbol":null,"definition":null}""";

    public static string Thing(string name, string more = "") =>
        $$"""{"name":"{{name}}","description":"A thing of the conformance suite."{{more}}}""";

    public static string Location(string name, double longitude = 8.4, double latitude = 49, string more = "") =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""
        {"name":"{{name}}","description":"A place of the conformance suite.","encodingType":"{{GeoJson}}",
         "location":{"type":"Point","coordinates":[{{longitude}},{{latitude}}]}{{more}}}
        """);

    public static string Sensor(string name, string more = "") => $$"""
        {"name":"{{name}}","description":"A sensor of the conformance suite.","encodingType":"application/pdf",
         "metadata":"https://example.org/probe.pdf"{{more}}}
        """;

    public static string ObservedProperty(string name, string more = "") => $$"""
        {"name":"{{name}}","description":"A property of the conformance suite.",
         "definition":"http://www.qudt.org/qudt/owl/1.0.0/quantity/Instances.html#Temperature"{{more}}}
        """;

    public static string Datastream(
        string name, string more = "", string type = "OM_Measurement", string unit = Celsius, string description = "A datastream.") => $$"""
        {"name":"{{name}}","description":"{{description}}","observationType":"{{ObservationTypes}}{{type}}",
         "unitOfMeasurement":{{unit}}{{more}}}
        """;

    /// <summary>The links that a Datastream must have (OGC 18-088, 10.2.2).</summary>
    public static string LinksOf(Entity thing, Entity sensor, Entity observedProperty) =>
        $$""","Thing":{{thing.Link}},"Sensor":{{sensor.Link}},"ObservedProperty":{{observedProperty.Link}}""";

    public static string Feature(string name, string geometry, string more = "") => $$"""
        {"name":"{{name}}","description":"A feature of the conformance suite.","encodingType":"{{GeoJson}}",
         "feature":{{geometry}}{{more}}}
        """;

    public static string Point(string longitude, string latitude) =>
        $$"""{"type":"Point","coordinates":[{{longitude}},{{latitude}}]}""";

    public static string Polygon(string ring) => $$"""{"type":"Polygon","coordinates":[[{{ring}}]]}""";
}
