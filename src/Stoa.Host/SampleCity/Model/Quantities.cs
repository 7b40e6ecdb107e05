using Stoa.Sensing.Bulk;

namespace Stoa.Host.SampleCity.Model;

/// <summary>
/// What the sample city measures: observed properties with published definitions, units with UCUM's print symbols.
/// </summary>
internal static class Quantities
{
    private const string Cf = "http://vocab.nerc.ac.uk/standard_name/";
    private const string Kind = "http://qudt.org/vocab/quantitykind/";
    private const string Own = "https://data.marenbrueck.example/def/";

    private static readonly Unit Celsius = new("degree Celsius", "°C", "http://qudt.org/vocab/unit/DEG_C");
    private static readonly Unit Percent = new("percent", "%", "http://qudt.org/vocab/unit/PERCENT");
    private static readonly Unit MicrogramPerCubicMetre =
        new("microgram per cubic metre", "µg/m³", "http://qudt.org/vocab/unit/MicroGM-PER-M3");
    private static readonly Unit Hectopascal = new("hectopascal", "hPa", "http://qudt.org/vocab/unit/HectoPA");
    private static readonly Unit MetrePerSecond =
        new("metre per second", "m/s", "http://qudt.org/vocab/unit/M-PER-SEC");
    private static readonly Unit Degree = new("degree", "°", "http://qudt.org/vocab/unit/DEG");
    private static readonly Unit Millimetre = new("millimetre", "mm", "http://qudt.org/vocab/unit/MilliM");
    private static readonly Unit WattPerSquareMetre =
        new("watt per square metre", "W/m²", "http://qudt.org/vocab/unit/W-PER-M2");
    private static readonly Unit Decibel = new("decibel, A-weighted", "dB(A)", "http://qudt.org/vocab/unit/DeciB");
    private static readonly Unit Centimetre = new("centimetre", "cm", "http://qudt.org/vocab/unit/CentiM");
    private static readonly Unit CubicMetrePerSecond =
        new("cubic metre per second", "m³/s", "http://qudt.org/vocab/unit/M3-PER-SEC");
    private static readonly Unit CubicMetrePerHour =
        new("cubic metre per hour", "m³/h", "http://qudt.org/vocab/unit/M3-PER-HR");
    private static readonly Unit Bar = new("bar", "bar", "http://qudt.org/vocab/unit/BAR");
    private static readonly Unit Kilowatt = new("kilowatt", "kW", "http://qudt.org/vocab/unit/KiloW");
    private static readonly Unit KilometrePerHour =
        new("kilometre per hour", "km/h", "http://qudt.org/vocab/unit/KiloM-PER-HR");
    private static readonly Unit Minute = new("minute", "min", "http://qudt.org/vocab/unit/MIN");
    private static readonly Unit MegabitPerSecond =
        new("megabit per second", "Mbit/s", "http://qudt.org/vocab/unit/MegaBIT-PER-SEC");
    private static readonly Unit PerHour = new("count per hour", "/h", "http://qudt.org/vocab/unit/NUM-PER-HR");
    
    // Counts, states and truth values: a number of cars has no unit (OGC 18-088, 8.2.4).
    private static readonly Unit None = Unit.None;

    // Environment
    public static readonly Quantity NitrogenDioxide = Number("no2", "Nitrogen dioxide",
        Cf + "mass_concentration_of_nitrogen_dioxide_in_air/", "Mass concentration of NO₂ in the air.",
            MicrogramPerCubicMetre);
    public static readonly Quantity Ozone = Number("o3", "Ozone",
        Cf + "mass_concentration_of_ozone_in_air/", "Mass concentration of O₃ in the air.", MicrogramPerCubicMetre);
    public static readonly Quantity Pm10 = Number("pm10", "Particulate matter PM10",
        Cf + "mass_concentration_of_pm10_ambient_aerosol_particles_in_air/", "Particles up to 10 µm.",
            MicrogramPerCubicMetre);
    public static readonly Quantity Pm25 = Number("pm2-5", "Particulate matter PM2.5",
        Cf + "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air/", "Particles up to 2.5 µm.",
            MicrogramPerCubicMetre);
    public static readonly Quantity AirQualityIndex =
        Words("air-quality-index", "Air quality index", Own + "air-quality-index",
        "Worst of NO₂, O₃ and particles, in five classes.", "very good", "good", "moderate", "poor", "very poor");
    public static readonly Quantity AirTemperature = Number("air-temperature", "Air temperature",
        Cf + "air_temperature/", "Air temperature 2 m above ground.", Celsius);
    public static readonly Quantity Humidity = Number("relative-humidity", "Relative humidity",
        Cf + "relative_humidity/", "Relative humidity 2 m above ground.", Percent, decimals: 0);
    public static readonly Quantity AirPressure = Number("air-pressure", "Air pressure",
        Cf + "air_pressure/", "Air pressure at station height.", Hectopascal);
    public static readonly Quantity WindSpeed = Number("wind-speed", "Wind speed",
        Cf + "wind_speed/", "Mean wind speed, 10 m above ground.", MetrePerSecond);
    public static readonly Quantity WindDirection = Number("wind-direction", "Wind direction",
        Cf + "wind_from_direction/", "Direction the wind comes from, clockwise from north.", Degree, decimals: 0);
    public static readonly Quantity Precipitation = Number("precipitation", "Precipitation",
        Cf + "lwe_thickness_of_precipitation_amount/", "Rain within the interval.", Millimetre, decimals: 2);
    public static readonly Quantity Radiation = Number("global-radiation", "Global radiation",
        Cf + "surface_downwelling_shortwave_flux_in_air/", "Sun and sky on level ground.", WattPerSquareMetre,
            decimals: 0);
    public static readonly Quantity SoilMoisture = Number("soil-moisture", "Soil moisture",
        Cf + "volume_fraction_of_condensed_water_in_soil/", "Share of water in the soil, 30 cm deep.", Percent);
    public static readonly Quantity SoilTemperature = Number("soil-temperature", "Soil temperature",
        Cf + "soil_temperature/", "Soil temperature, 10 cm deep.", Celsius);
    public static readonly Quantity SoundLevel = Number("sound-level", "Sound level LAeq",
        Kind + "SoundPressureLevel", "Energy-equivalent A-weighted sound level.", Decibel);

    // Water
    public static readonly Quantity WaterLevel = Number("water-level", "Water level",
        Cf + "water_surface_height_above_reference_datum/", "Height of the water above gauge zero.", Centimetre,
            decimals: 0);
    public static readonly Quantity Discharge = Number("discharge", "Discharge",
        Cf + "water_volume_transport_in_river_channel/", "Water that passes the gauge.", CubicMetrePerSecond);
    public static readonly Quantity WaterTemperature = Number("water-temperature", "Water temperature",
        Cf + "water_temperature/", "Temperature of the water.", Celsius);
    public static readonly Quantity ZoneInflow = Number("zone-inflow", "Inflow into the zone",
        Kind + "VolumeFlowRate", "Drinking water that flows into the supply zone.", CubicMetrePerHour);
    public static readonly Quantity NetPressure = Number("network-pressure", "Network pressure",
        Kind + "GaugePressure", "Pressure at the zone's reference point.", Bar, decimals: 2);
    public static readonly Quantity LeakSuspected = Truth("leak-suspected", "Leak suspected", Own + "leak-suspected",
        "Night inflow above what the zone needs.");

    // Energy
    public static readonly Quantity HeatPower = Number("heat-power", "Heat power",
        Kind + "HeatFlowRate", "Heat handed over to the quarter.", Kilowatt, decimals: 0);
    public static readonly Quantity SupplyTemperature = Number("supply-temperature", "Supply temperature",
        Kind + "Temperature", "Temperature of the water that comes from the plant.", Celsius);
    public static readonly Quantity ReturnTemperature = Number("return-temperature", "Return temperature",
        Kind + "Temperature", "Temperature of the water that goes back.", Celsius);
    public static readonly Quantity SolarPower = Number("solar-power", "Solar power",
        Kind + "ActivePower", "Electric power fed in.", Kilowatt);
    public static readonly Quantity InverterState = Words("inverter-state", "Inverter state", Own + "inverter-state",
        "What the inverter does.", "night", "starting", "producing", "limited");
    public static readonly Quantity LampsOn =
        Truth("lamps-on", "Lamps on", Own + "lamps-on", "Whether the cabinet feeds its lamps.");
    public static readonly Quantity LightingPower = Number("lighting-power", "Lighting power",
        Kind + "ActivePower", "Electric power of all lamps of the cabinet.", Kilowatt, decimals: 2);
    public static readonly Quantity PointsInUse =
        Count("points-in-use", "Charging points in use", Own + "points-in-use",
        "Cars that are plugged in and charging.");
    public static readonly Quantity ChargingPower = Number("charging-power", "Charging power",
        Kind + "ActivePower", "Electric power of all points of the station.", Kilowatt);

    // Transport
    public static readonly Quantity TrafficFlow = new(
        new("traffic-flow", "Traffic flow", Own + "traffic-flow",
            "Motor vehicles in both directions, as an hourly rate."),
        PerHour, ResultForm.Count);
    public static readonly Quantity MeanSpeed = Number("mean-speed", "Mean speed",
        Kind + "Speed", "Mean speed of motor vehicles.", KilometrePerHour, decimals: 0);
    public static readonly Quantity TrafficState = Words("traffic-state", "Traffic state", Own + "traffic-state",
        "Traffic state from flow and speed.", "free", "heavy", "slow", "congested");
    public static readonly Quantity Bicycles =
        Count("bicycles", "Bicycles", Own + "bicycles", "Bicycles counted within the interval.");
    public static readonly Quantity FreeSpaces =
        Count("free-spaces", "Free spaces", Own + "free-spaces", "Parking spaces that are free.");
    public static readonly Quantity Occupancy = Number("occupancy", "Occupancy", Own + "occupancy",
        "Share of parking spaces that are taken.", Percent, decimals: 0);
    public static readonly Quantity Delay = Number("mean-delay", "Mean delay", Kind + "Time",
        "Mean delay of the last departures.", Minute);
    public static readonly Quantity Crowding = Words("crowding", "Crowding", Own + "crowding",
        "How full the buses leave the stop.", "many seats free", "few seats free", "standing only", "full");

    // Waste
    public static readonly Quantity FillLevel = Number("fill-level", "Fill level", Own + "fill-level",
        "How full the container is.", Percent, decimals: 0);
    public static readonly Quantity WaitingTime = Number("waiting-time", "Waiting time", Kind + "Time",
        "Expected wait at the gate of the recycling yard.", Minute, decimals: 0);
    public static readonly Quantity IsOpen = Truth("is-open", "Open", Own + "is-open", "Whether the yard is open.");

    // Ict
    public static readonly Quantity Clients = Count("clients", "Connected devices", Own + "clients",
        "Devices connected to the access point; no device is identified.");
    public static readonly Quantity Throughput = Number("throughput", "Throughput", Kind + "DataRate",
        "Data carried in both directions.", MegabitPerSecond);

    private static Quantity Number(string key, string name, string definition, string text, Unit unit,
        int decimals = 1) =>
        new(new(key, name, definition, text), unit, ResultForm.Number, decimals);

    private static Quantity Count(string key, string name, string definition, string text) =>
        new(new(key, name, definition, text), None, ResultForm.Count);

    private static Quantity Truth(string key, string name, string definition, string text) =>
        new(new(key, name, definition, text), None, ResultForm.Truth);

    private static Quantity Words(string key, string name, string definition, string text, params string[] words) =>
        new(new(key, name, definition, text), None, ResultForm.Category, 0, words);
}
