namespace Stoa.Host.SampleCity.Plan;

/// <summary>Gives every street a name of its own, of the kind its quarter would have.</summary>
internal sealed class StreetNames(ulong seed, IEnumerable<string> given)
{
    private static readonly string[] Trades =
    [
        "Gerber", "Schmiede", "Färber", "Weber", "Bäcker", "Böttcher", "Seiler", "Kupfer", "Salz", "Korn", "Fischer",
        "Tuchmacher", "Glocken", "Kloster", "Brunnen", "Turm", "Mauer", "Münz", "Zoll", "Wollen", "Hut",
        "Sattler", "Krämer", "Spital", "Marien", "Nikolai", "Engel", "Rosen", "Hirsch", "Löwen", "Bären", "Kannen",
        "Leder", "Nagel", "Messer", "Töpfer", "Wein", "Heu", "Holz",
    ];

    private static readonly string[] Nature =
    [
        "Linden", "Eichen", "Buchen", "Ahorn", "Kastanien", "Ulmen", "Eschen", "Birken", "Erlen", "Weiden", "Holunder",
        "Flieder", "Tulpen", "Nelken", "Mohn", "Amsel", "Drossel", "Finken", "Meisen", "Lerchen", "Schwalben", "Falken",
        "Reiher", "Kranich", "Wiesen", "Berg", "Tal", "Sonnen", "Abend", "Morgen", "Garten", "Feld", "Wald", "Bach",
        "Ufer", "Schul", "Kirch", "Mühlen", "Anger", "Hang", "Kornblumen", "Schlehen", "Wacholder", "Hasel", "Quitten",
        "Apfel", "Birnen", "Kirsch", "Pflaumen", "Nuss",
    ];

    private static readonly string[] Works =
    [
        "Kran", "Kai", "Werft", "Speicher", "Anker", "Lotsen", "Schleusen", "Docker", "Gießerei", "Walzwerk",
        "Ziegelei",
        "Siemens", "Otto", "Diesel", "Halske", "Liebig", "Bunsen", "Gauß", "Planck", "Noether", "Meitner", "Kepler",
    ];

    private static readonly string[] Before =
        ["", "Kleine ", "Obere ", "Untere ", "Alte ", "Neue ", "Lange ", "Hintere "];

    private readonly HashSet<string> _taken = [.. given];
    private long _next;

    /// <summary>A name not given before.</summary>
    public string Next(Quarter quarter, RoadKind kind)
    {
        var stems = quarter switch
        {
            Quarter.OldTown => Trades,
            Quarter.Industrial => Works,
            _ => Nature,
        };
        string[] endings = (quarter, kind) switch
        {
            (Quarter.OldTown, _) => ["gasse", "gasse", "straße", "hof"],
            (_, RoadKind.Path) => ["feldweg", "trift", "rain", "weg"],
            (_, RoadKind.Secondary) => ["allee", "straße", "damm"],
            (Quarter.Industrial, _) => ["straße"],
            _ => ["weg", "straße", "weg", "ring", "steig", "pfad"],
        };
        for (var attempt = 0; ; attempt++, _next++)
        {
            // After some tries with a plain name, an adjective makes room for the next few hundred.
            var before = Before[attempt < 12 ? 0 : 1 + (int)(Hash.Unit(seed + 2, _next) * (Before.Length - 1))];
            var ending = endings[(int)(Hash.Unit(seed + 1, _next) * endings.Length)];
            var isMasculine = ending is "weg" or "feldweg" or "ring" or "steig" or "pfad" or "hof" or "damm" or "rain";
            if (isMasculine && before.Length > 0) before = before.TrimEnd() + "r ";
            var name = before + stems[(int)(Hash.Unit(seed, _next) * stems.Length)] + ending;
            if (_taken.Add(name)) return name;
            if (attempt > 400) stems = Nature;
        }
    }
}
