using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.SignIn;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Storage;

namespace Stoa.Identity;

/// <summary>Puts this capability together.</summary>
public static class IdentityServices
{
    /// <summary>Adds organizations, parties, tokens, sign-in and the credential check. Needs a <see cref="Database"/>.</summary>
    /// <param name="services">Where.</param>
    /// <param name="signIn">What sign-in needs to know; null: people reach the server over http on this machine.</param>
    /// <exception cref="InvalidDataException">The file with the secret of single sign-on cannot be used.</exception>
    public static IServiceCollection AddIdentity(this IServiceCollection services, SignInOptions? signIn = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        AddSignIn(services, signIn ?? new SignInOptions(new Uri("http://localhost/")));
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
            provider.GetRequiredService<Tokens>(), provider.GetRequiredService<Parties.Parties>(), provider.GetRequiredService<Sessions>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static void AddSignIn(IServiceCollection services, SignInOptions options)
    {
        // A file that cannot be read is found at the start, and not by the first who signs in.
        options.OpenId?.ReadSecret();
        services.AddSingleton(options);
        services.AddSingleton(_ => new Passwords(options));
        services.AddSingleton(provider => new Accounts(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<Passwords>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Accounts>>()));
        services.AddSingleton(provider => new Sessions(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new OneTimeLinks(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<OneTimeLinks>>()));
        services.AddSingleton(provider => new SignIns(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<Accounts>(), provider.GetRequiredService<Sessions>(),
            provider.GetRequiredService<Passwords>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SignIns>>()));
        services.AddSingleton(provider => new Browsers(
            provider.GetRequiredService<Sessions>(), options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Passkeys(
            provider.GetRequiredService<Database>(), options, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Passkeys>>()));
        services.AddSingleton(provider => new OpenIdClient(
            provider.GetRequiredService<Database>(), options,
            options.OpenId is { } openId
                ? new OpenIdProvider(openId, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<OpenIdProvider>>())
                : null,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<OpenIdClient>>()));
        services.AddSingleton(provider => new ExternalLogins(
            provider.GetRequiredService<Database>(), options, provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ExternalLogins>>()));
    }
}
