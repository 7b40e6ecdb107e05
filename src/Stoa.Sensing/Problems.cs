using System.Text.Json;
using Stoa.Vocabulary;

namespace Stoa.Sensing;

/// <summary>The refusals of the SensorThings interface.</summary>
internal static class Problems
{
    internal static Problem Body(string detail) =>
        new(400, "invalid-body", "The body cannot be used", detail);

    internal static Problem NoUnicode() => Body("The text is not valid Unicode. Send the body as UTF-8, without half surrogate pairs.");

    internal static Problem TooManyToProve(int most) => new Problem(422, "too-many-to-prove", "Too many observations to prove at once", string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"A pack with proofs holds {most} observations at most. Ask for a shorter time: from, to."))
        .With("limit", most);

    internal static Problem Twice(string member) =>
        Body($"An object names {Shorten(member)} twice. Name each member once.");

    // Without a place it is a member named twice: all else has one.
    internal static Problem Json(JsonException error) => error.LineNumber is null
        ? Body("An object in the body names a member twice. Name each member once.")
        : new Problem(400, "invalid-json", "The body is not valid JSON",
            "Check the JSON at the position given, and send it as UTF-8.")
            .With("line", (error.LineNumber ?? 0) + 1).With("position", (error.BytePositionInLine ?? 0) + 1);

    internal static Problem Property(string name, string expected) =>
        new Problem(400, "invalid-property", "A property has a value that cannot be used", $"{name} must be {expected}.")
            .With("property", name);

    /// <summary>A text with U+0000, which PostgreSQL cannot keep: both engines refuse it, so that data can move between them.</summary>
    internal static Problem HasNul(string property) => Property(property, "a text without the character U+0000");

    internal static Problem UnknownProperty(string entity, string name) =>
        new Problem(400, "unknown-property", "There is no such property",
            $"{entity} has no property {Shorten(name)}. Put values of your own into properties" +
            (entity == "Observation" ? " of the Datastream or into parameters." : "."))
            .With("property", Shorten(name));

    internal static Problem Missing(string entity, string name) =>
        new Problem(400, "missing-property", "A mandatory property or relation is missing",
            $"{entity} needs {name} (OGC 18-088, 8.2 and Table 24).").With("property", name);

    internal static Problem UnknownLink(string entity, long id) =>
        new Problem(400, "unknown-link", "A linked entity does not exist",
            $"There is no {entity} with the id {id} that these credentials may link to. Create it first, or correct the id.")
            .With("entity", entity).With("id", id);

    internal static Problem UnknownLink(Observations.SeriesKey key) => UnknownLink(key.Name, key.Id);

    internal static Problem ComponentsDiffer(int units, int types, int properties) =>
        new Problem(400, "components-differ", "The components of the MultiDatastream do not fit each other",
            "unitOfMeasurements, multiObservationDataTypes and ObservedProperties must have the same number of elements in the " +
            "same order. An element without a unit has one whose name, symbol and definition are null (OGC 18-088, 12).")
            .With("unitOfMeasurements", units).With("multiObservationDataTypes", types).With("ObservedProperties", properties);

    internal static Problem SameEncoding(string encodingType) =>
        new Problem(400, "same-encoding", "Two Locations of a Thing have the same encodingType",
            "Several Locations of a Thing are the same place in different encodings (OGC 18-088, 8.2.2), and two of them are " +
            $"{Shorten(encodingType)}. Send one of them; where the Thing was before is kept in its HistoricalLocations.")
            .With("encodingType", Shorten(encodingType));

    internal static Problem ObservationExists(long id, TimeInterval time) =>
        new Problem(409, "observation-exists", "There is an Observation of that phenomenonTime",
            $"The Datastream takes one Observation for each phenomenonTime, and Observations({id}) has {time}. Change that one, " +
            $"or set {Observations.DuplicatePolicies.Member} in the properties of the Datastream to another policy.")
            .With("id", id);

    internal static Problem LooseComponent() =>
        Body("An ObservedProperty becomes part of a MultiDatastream together with its unit and its data type: change " +
            "ObservedProperties, unitOfMeasurements and multiObservationDataTypes of the MultiDatastream in one request.");

    internal static Problem UnknownKey(string entity, string key) =>
        new Problem(400, "unknown-link", "A linked entity does not exist",
            $"There is no {entity} with this external key in the dataset of the request. Create it first, or correct the key; keys are " +
            "known in the dataset of the address, else in the one dataset that the token may write.")
            .With("entity", entity).With("externalKey", Shorten(key));

    internal static Problem Conflict(string detail) => new(409, "conflict", "The change contradicts what is stored", detail);

    internal static Problem NoLocation() =>
        new(400, "no-feature-of-interest", "No feature of interest can be derived",
            "The Observation names no FeatureOfInterest, and the Thing of its Datastream has no Location to derive one " +
            "from. Give the Thing a Location, or the Observation a FeatureOfInterest (OGC 18-088, 10.2).");

    internal static Problem UnsupportedFormat(string format) =>
        new Problem(501, "unsupported-format", "The result format is not supported",
            "Known are dataArray, CSV and GeoJSON; leave $resultFormat out to get JSON.").With("format", Shorten(format));

    internal static Problem FormatDoesNotFit(string detail) =>
        Problem.BadRequest("query-not-possible", "The query asks for something that cannot be done here", detail)
            .With("option", "$resultFormat");

    internal static Problem MalformedPatch(string detail) =>
        new(400, "invalid-json-patch", "The JSON Patch cannot be used", detail);

    internal static Problem PatchFailed(int operation, string path, string detail) =>
        new Problem(409, "json-patch-failed", "An operation of the JSON Patch fails", detail)
            .With("operation", operation).With("path", Shorten(path));

    internal static Problem Changed() =>
        new(412, "changed-meanwhile", "It has changed meanwhile",
            "Nothing was changed: the entity is not as If-Match says. Get it again, look at what has changed, and send your change " +
            "with the new ETag.");

    internal static Problem Exists() =>
        new(412, "exists-already", "It is there already",
            "Nothing was changed: If-None-Match forbids the request where the entity is there. Leave the header out to change it.");

    internal static Problem KeyReused() =>
        new(422, "idempotency-key-reused", "The Idempotency-Key was used for another request",
            "Nothing was done. A key stands for one request, with its address and body; send another request under another key.");

    internal static Problem Header(string name) =>
        new Problem(400, "invalid-header", "A header cannot be read",
            $"{name} does not have the form that its standard gives it. Correct it, or leave it out.").With("header", name);

    internal static Problem UnsupportedMedia(string expected) =>
        new(415, "unsupported-media-type", "The content type of the body is not supported", $"Send {expected}.");

    internal static Problem NotAllowed(string allowed) =>
        new(405, "method-not-allowed", "The method does not fit the address", $"Here you may use {allowed}.");

    internal static Problem MayNotWrite() =>
        new(403, "may-not-write", "These credentials may not write here",
            "The dataset can be read with these credentials, but not written. Ask its owner for a token with the right to write.");

    internal static Problem MayNotRead() =>
        new(403, "may-not-read", "These credentials may not read here",
            "What is asked for would show what is stored, and these credentials may only write. Ask the owner of the dataset for a " +
            "token with the right to read, or send the whole values with PATCH.");

    internal static Problem TooBig(string what, long limit) =>
        new Problem(413, "too-large", "The request is larger than allowed", $"{what} may have at most {limit}. Send it in parts.")
            .With("limit", limit);

    /// <summary>Text of the caller as it may be shown to the caller: short, and without what steers a terminal.</summary>
    internal static string Shorten(string text)
    {
        const int Most = 60;
        var shown = text.Length <= Most ? text : text[..Most] + "…";
        return shown.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0
            ? shown
            : string.Create(shown.Length, shown, static (span, source) =>
            {
                for (var i = 0; i < span.Length; i++)
                    span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
            });
    }
}
