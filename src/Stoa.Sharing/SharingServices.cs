using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Erasure;
using Stoa.Sharing.Inbox;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Exchanges;
using Stoa.Identity.Credentials;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Recording;
using Stoa.Sharing.Records;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Rules;
using Stoa.Sharing.Spectrum;
using Stoa.Storage;

namespace Stoa.Sharing;

/// <summary>Puts this capability together.</summary>
public static class SharingServices
{
    /// <summary>Adds the access policy and what keeps it up to date. Needs a <see cref="Database"/> and identity.</summary>
    /// <param name="services">The parts of the program.</param>
    /// <param name="options">What the operator chose; absent for the address of a machine on which one tries things out.</param>
    public static IServiceCollection AddSharing(this IServiceCollection services, SharingOptions? options = null)
    {
        services.AddSingleton(options ?? new SharingOptions(new Uri("http://localhost:8080/")));
        services.AddSingleton<AccessPolicy>();
        services.AddSingleton(provider => new PolicyRefresh(
            provider.GetRequiredService<Database>(),
            provider.GetRequiredService<AccessPolicy>(),
            provider.GetRequiredService<SharingOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PolicyRefresh>>()));
        services.AddHostedService(provider => provider.GetRequiredService<PolicyRefresh>());
        if (options?.StopAfter is not null) services.AddSingleton<IHostedService, StopWhenUnconfirmed>();
        services.AddSingleton<ExchangeIds>();
        services.AddSingleton<ExchangeLog>();
        services.AddHostedService(provider => provider.GetRequiredService<ExchangeLog>());
        services.AddSingleton(provider => new Deliveries(
            provider.GetRequiredService<AccessPolicy>(), provider.GetRequiredService<DecisionJournal>(),
            provider.GetRequiredService<ExchangeLog>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService(provider => provider.GetRequiredService<Deliveries>());
        services.AddSingleton<DecisionJournal>();
        services.AddSingleton<WhatIfPlaces>();
        services.AddHostedService(provider => provider.GetRequiredService<DecisionJournal>());
        services.AddSingleton<ExchangeRetention>();
        services.AddHostedService(provider => provider.GetRequiredService<ExchangeRetention>());
        services.AddSingleton<UsageLimits>();
        services.AddSingleton<ExchangeRecording>();
        services.AddSingleton(provider => new Exchanges.Exchanges(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<AccessPolicy>(),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ExchangeEvidence>();
        services.AddSingleton(provider => new PublicNumbers(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<AccessPolicy>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LoggedEntries>();
        services.AddAgreements();
        services.AddSingleton(provider => new GovernedRequests(
            provider.GetRequiredService<CredentialCheck>(), provider.GetRequiredService<AccessPolicy>(),
            provider.GetRequiredService<DecisionJournal>(), provider.GetRequiredService<UsageLimits>()));
        services.AddSingleton<GovernanceClock>();
        services.AddHostedService(provider => provider.GetRequiredService<GovernanceClock>());
        return services.AddRolesAndSpectrum();
    }

    /// <summary>Maps roles, levels, claims, terms and blocks.</summary>
    public static IEndpointRouteBuilder MapRolesAndSpectrum(this IEndpointRouteBuilder routes)
    {
        RoleEndpoints.Map(routes);
        SpectrumEndpoints.Map(routes);
        PartyGovernanceEndpoints.Map(routes);
        ErasureEndpoints.Map(routes);
        ExchangeBlocks.Map(routes);
        InboxEndpoints.Map(routes);
        PolicyRuleEndpoints.Map(routes);
        PolicyEndpoints.Map(routes);
        return routes;
    }

    private static IServiceCollection AddRolesAndSpectrum(this IServiceCollection services)
    {
        services.AddSingleton(provider => new Governing(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<AccessPolicy>(),
            provider.GetRequiredService<PolicyRefresh>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Governed>();
        services.AddSingleton<DatasetRoles>();
        services.AddSingleton<DatasetDelegations>();
        services.AddSingleton<SpectrumDecisions>();
        services.AddSingleton<DatasetFacts>();
        services.AddSingleton<CorrectionRegister>();
        services.AddSingleton<PartyClaims>();
        services.AddSingleton<TermsOfUse>();
        services.AddSingleton<ExchangeBlocks>();
        services.AddSingleton<PolicyRules>();
        services.AddSingleton<OwnPurposes>();
        services.AddSingleton<Exemptions>();
        services.AddSingleton<CompatibilityTests>();
        services.AddSingleton<FactsOfParties>();
        services.AddSingleton(provider => new PersonErasure(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<CredentialCheck>(), provider.GetRequiredService<PolicyRefresh>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<PersonErasure>>()));
        services.AddSingleton<IRecordClock>(provider => provider.GetRequiredService<DatasetRoles>());
        services.AddSingleton<IRecordClock>(provider => provider.GetRequiredService<DatasetDelegations>());
        services.AddSingleton<IRecordClock>(provider => provider.GetRequiredService<SpectrumDecisions>());
        return services;
    }

    private static void AddAgreements(this IServiceCollection services)
    {
        services.AddSingleton<IRecordClock, AgreementClock>();
        services.AddSingleton<IRecordClock, ObligationClock>();
        services.AddSingleton<RequestInbox>();
        services.AddSingleton<AgreementRegister>();
        services.AddSingleton<TemplateRegister>();
        services.AddSingleton<AgreementEvidence>();
        services.AddSingleton<ObligationRegister>();
    }
}
