using Stoa.Vocabulary;

namespace Stoa.Portal.Layout;

/// <summary>The portal's own icons: one filled path each on a field of 24 by 24.</summary>
/// <remarks>They stand once in every page as SVG symbols; the map draws the same paths.</remarks>
internal static class Icons
{
    internal static readonly IReadOnlyList<(string Name, string Path)> All =
    [
        ("energy", "M13.5 2 5 13.4h5.6L9.2 22 19 10.2h-6.4z"),
        ("water", "M12 2.4S5 9.9 5 14.9a7 7 0 0 0 14 0C19 9.9 12 2.4 12 2.4z"),
        ("transport", "M8 3h8a3 3 0 0 1 3 3v9.5a3 3 0 0 1-2.2 2.9L18.3 21h-2.6l-1.3-2.5H9.6L8.3 21H5.7l1.5-2.6A3 3 0 0 1 5 " +
            "15.5V6a3 3 0 0 1 3-3zM7.2 6.5v4.8h9.6V6.5zm1.6 7.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zm6.4 0a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6z"),
        ("waste", "M9.2 2.8h5.6l.9 1.7H20v2.6H4V4.500h4.300zM5.500 8.700h13l-1 12.500h-11z"),
        ("ict", "M4 15.500h4V21H4zM10 10h4v11h-4zM16 4h4v17h-4z"),
        ("environment", "M20 3C9.500 3 4 8.400 4 14.300c0 1.500.3 2.900.9 4C6.900 13 10.400 9.900 15 8.200c-4.100 2.900-6.900 6.500-8.300 12.100 1.200.7 2.600 " +
            "1.100 4.100 1.100C17.500 21.400 20 14 20 3z"),
        ("other", "M12 5.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13z"),
        ("search", "M10.500 3a7.500 7.500 0 1 0 4.600 13.400l4.200 4.300 1.500-1.500-4.300-4.200A7.500 7.500 0 0 0 10.500 3zm0 2.200a5.300 5.300 0 1 1 0 10.600 5.300 5.300 0 0 1 0-10.600z"),
        ("theme", "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2.200v13.600a6.800 6.800 0 0 1 0-13.600z"),
        ("arrow", "M13.200 5.200 11.700 6.700l4.200 4.200H4v2.200h11.900l-4.200 4.200 1.500 1.500 6.800-6.800z"),
        ("copy", "M9 3h10a2 2 0 0 1 2 2v10h-2.200V5.200H9zM5 7h9a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zm.2 2.200v9.600h8.600V9.200z"),
        ("pin", "M12 2a7 7 0 0 0-7 7c0 5 7 13 7 13s7-8 7-13a7 7 0 0 0-7-7zm0 4.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5z"),
        ("open", "M7 10V7a5 5 0 0 1 9.800-1.400l-2.100.6A2.800 2.800 0 0 0 9.200 7v3H18a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1z"),
        ("pause", "M7 4.500h3.600v15H7zm6.400 0H17v15h-3.600z"),
        ("empty", "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zm1.200 2.200v9.600h13.600V7.200zM8 11h8v2H8z"),
    ];

    internal static string Of(InfrastructureSector sector) => sector.ToWord();
}
