namespace Stoa.Identity.Credentials;

/// <summary>By which way a requester takes data out: what is allowed by one may not be by another.</summary>
public enum WayOut
{
    /// <summary>A program asks an interface, page by page.</summary>
    Api = 0,

    /// <summary>Somebody looks at a page, or at what a page fetches.</summary>
    Portal = 1,

    /// <summary>A file with everything: tables and downloads.</summary>
    Export = 2,

    /// <summary>What is sent as it comes: MQTT and streams of events.</summary>
    Subscription = 3,
}
