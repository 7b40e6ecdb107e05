using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Storage;

namespace Stoa.Identity;

/// <summary>Puts this capability together.</summary>
public static class IdentityServices
{
    /// <summary>Adds organizations, parties, tokens and the credential check. Needs a <see cref="Database"/>.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new Organizations.Organizations(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Parties.Parties(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Parties.Parties>>()));
        services.AddSingleton(provider => new Tokens(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Tokens>>()));
        services.AddSingleton(provider => new CredentialCheck(
            provider.GetRequiredService<Tokens>(), provider.GetRequiredService<Parties.Parties>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
