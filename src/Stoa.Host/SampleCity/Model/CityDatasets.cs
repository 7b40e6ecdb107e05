using Stoa.Vocabulary;

namespace Stoa.Host.SampleCity.Model;

/// <summary>
/// Who publishes what in Marenbrück. Texts only; addresses end in .example (RFC 2606) and lead nowhere.
/// </summary>
internal static class CityDatasets
{
    public static readonly IReadOnlyList<CityOrganization> Organizations =
    [
        new("stadt-marenbrueck", "City of Marenbrück, Data Office", "https://data.marenbrueck.example/"),
        new("stadtwerke-marenbrueck", "Stadtwerke Marenbrück", "https://stadtwerke.marenbrueck.example/"),
        new("verkehrsverbund-marental", "Marental Transport Authority", "https://verkehr.marental.example/"),
        new("abfallwirtschaft-marenbrueck", "Marenbrück Waste and Recycling", "https://abfall.marenbrueck.example/"),
        new("umweltamt-marental", "Marental Environment Agency", "https://umwelt.marental.example/"),
        new("universitaet-marenbrueck", "University of Marenbrück", "https://uni.marenbrueck.example/"),
        new("parkwerk", "ParkWerk GmbH", "https://parkwerk.example/"),
        new("maren-digital", "Maren Digital GmbH", "https://digital.marenbrueck.example/"),
    ];

    public const string Air = "air-quality";
    public const string Climate = "city-climate";
    public const string Noise = "noise-monitoring";
    public const string River = "river-gauges";
    public const string DrinkingWater = "drinking-water-zones";
    public const string Heating = "district-heating";
    public const string Solar = "solar-power";
    public const string Lighting = "street-lighting";
    public const string Charging = "ev-charging";
    public const string Traffic = "road-traffic";
    public const string Bicycles = "bicycle-counters";
    public const string Parking = "parking";
    public const string Buses = "bus-stops";
    public const string Waste = "waste-containers";
    public const string Wifi = "public-wifi";

    public static readonly IReadOnlyList<CityDataset> All =
    [
        new(Air, "Air quality", """
            Nitrogen dioxide, ozone and particulate matter at **nine stations**, from the busy ring road to the edge of
            the forest, every ten minutes, with an hourly index.

            ## How it is measured
            - NO₂: chemiluminescence (EN 14211), O₃: UV photometry (EN 14625)
            - PM10 and PM2.5: optical particle counters, checked against a reference twice a year

            Values are *preliminary* until the end of the following month. Index classes follow the worst single
            pollutant.
            """, InfrastructureSector.Environment, SpectrumClass.Open, "CC-BY-4.0", "umweltamt-marental",
            ["air", "pollution", "NO2", "ozone", "particulate matter", "health"]),
        new(Climate, "City climate: weather and soil", """
            Six weather stations of the university and soil probes in ten parks. The stations stand along a line from
            the lake through the old town to the northern heights: the **urban heat island** shows on clear nights.

            Soil moisture guides the watering of parks and young street trees.
            """, InfrastructureSector.Environment, SpectrumClass.Open, "CC0-1.0", "universitaet-marenbrueck",
            ["weather", "temperature", "rain", "wind", "heat island", "soil moisture", "parks"]),
        new(Noise, "Noise monitoring", """
            Sound levels (LAeq, 5 minutes) at twelve places in the nightlife quarter, along the railway and on main
            roads. Only levels are kept, **never sound**.

            Shared with the police, the restaurant association and the residents' council, who agreed on quiet hours in
            2023.
            """, InfrastructureSector.Environment, SpectrumClass.SharedGroup, null, "stadt-marenbrueck",
            ["noise", "sound", "quiet hours"]),
        new(River, "River gauges of the Maren", """
            Level, discharge and water temperature of the Maren at five gauges and of the Marensee at one, every 15
            minutes.

            | Stage | Level at gauge Alte Brücke |
            |---|---|
            | Watch | 320 cm |
            | Flood protection walls are set up | 410 cm |

            A flood wave needs about six hours from the upper gauge to the lake.
            """, InfrastructureSector.Water, SpectrumClass.Open, "DL-DE-BY-2.0", "umweltamt-marental",
            ["river", "flood", "water level", "discharge", "lake"]),
        new(DrinkingWater, "Drinking water zones", """
            Inflow and pressure of the eleven supply zones, every ten minutes, and a nightly leak check.

            Critical infrastructure: shared with **named parties** only (fire service, regional laboratory).
            """, InfrastructureSector.Water, SpectrumClass.SharedSpecific, null, "stadtwerke-marenbrueck",
            ["drinking water", "pressure", "leak detection"]),
        new(Heating, "District heating substations", """
            Heat power, supply and return temperature of sixteen substations, every ten minutes. A low return
            temperature means that the heat was used well.

            Shared with the housing associations and the university's energy group.
            """, InfrastructureSector.Energy, SpectrumClass.SharedGroup, null, "stadtwerke-marenbrueck",
            ["district heating", "heat", "energy"]),
        new(Solar, "Solar power on public roofs", """
            What **24 solar plants** on schools, depots and halls feed in, every ten minutes, with the state of each
            inverter.

            Use it for forecasts, for lessons, or to see a cloud cross the city.
            """, InfrastructureSector.Energy, SpectrumClass.Open, "CC0-1.0", "stadtwerke-marenbrueck",
            ["solar", "photovoltaics", "renewable energy", "electricity"]),
        new(Lighting, "Street lighting cabinets", """
            Switching state and power of 24 street lighting cabinets, every 15 minutes. Lamps are dimmed to half between
            23:00 and 05:00.

            Not published: from the data one could tell which cabinets are out of order.
            """, InfrastructureSector.Energy, SpectrumClass.Closed, null, "stadtwerke-marenbrueck",
            ["street lighting", "electricity"]),
        new(Charging, "Charging stations for electric cars", """
            Charging points in use and power of the public stations, every ten minutes.

            - `plugs` tells how many points a station has
            - `kilowattMax` tells what one point can deliver
            """, InfrastructureSector.Energy, SpectrumClass.Open, "ODbL-1.0", "stadtwerke-marenbrueck",
            ["charging", "electric cars", "mobility"]),
        new(Traffic, "Road traffic", """
            Flow, mean speed and traffic state on thirty road sections. Counters on the rings report their flow every
            minute, all else comes every five minutes. Each Thing is a **road section** (a line), so that it can be
            drawn as a traffic map.

            Flow is given as an hourly rate. Video detectors count on the device; no picture leaves it.
            """, InfrastructureSector.Transport, SpectrumClass.Open, "CC-BY-4.0", "verkehrsverbund-marental",
            ["traffic", "roads", "speed", "congestion"]),
        new(Bicycles, "Bicycle counters", """
            Bicycles counted in fifteen-minute intervals at fourteen places, on bridges also by direction.

            Induction loops miss about one in twenty bicycles, more in dense groups. Compare weeks rather than single
            hours, and mind the weather.
            """, InfrastructureSector.Transport, SpectrumClass.Open, "DL-DE-BY-2.0", "stadt-marenbrueck",
            ["bicycle", "cycling", "counting", "mobility"]),
        new(Parking, "Car parks", """
            Free spaces of twelve car parks every five minutes, occupancy every ten.

            Free of charge for everyone who accepts the operator's terms; reselling needs a contract.
            """, InfrastructureSector.Transport, SpectrumClass.SharedPublic, "https://parkwerk.example/terms", "parkwerk",
            ["parking", "car park", "occupancy"]),
        new(Buses, "Bus stops: delays and crowding", """
            Mean delay of the last departures at 44 bus stops and how full the buses leave, every ten and fifteen
            minutes.

            Counted by door sensors of the buses. Timetables are published separately as GTFS.
            """, InfrastructureSector.Transport, SpectrumClass.Open, "CC-BY-4.0", "verkehrsverbund-marental",
            ["bus", "public transport", "delay", "crowding"]),
        new(Waste, "Waste containers and recycling yards", """
            Fill levels of 44 public containers (glass, paper, litter) every hour, opening and waiting times of the four
            recycling yards.

            Containers are emptied when a round is worth the way: see the saw teeth.
            """, InfrastructureSector.Waste, SpectrumClass.Open, "CC-BY-4.0", "abfallwirtschaft-marenbrueck",
            ["waste", "recycling", "glass", "paper", "fill level"]),
        new(Wifi, "Public Wi-Fi", """
            Connected devices and throughput of the free city network *Marenbrück frei*, every ten minutes, one access
            point after the other. Devices are counted, never identified.
            """, InfrastructureSector.Ict, SpectrumClass.Open, "CC0-1.0", "maren-digital",
            ["Wi-Fi", "internet", "connectivity"]),
    ];
}
