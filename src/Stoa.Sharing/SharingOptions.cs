namespace Stoa.Sharing;

/// <summary>What an operator may choose about sharing.</summary>
/// <param name="BaseAddress">Address by which clients reach this server; names of agreements and parties in ODRL are built from it.</param>
public sealed record SharingOptions(Uri BaseAddress);
