using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stoa.Identity.Credentials;
using Stoa.Identity.Organizations;
using Stoa.Identity.Parties;
using Stoa.Identity.SignIn.OpenId;
using Stoa.Identity.SignIn;
using Stoa.Portal.Agreements;
using Stoa.Portal.Assets;
using Stoa.Portal.Charts;
using Stoa.Portal.Corrections;
using Stoa.Portal.Governance;
using Stoa.Portal.Layout;
using Stoa.Portal.Ledger;
using Stoa.Portal.Map;
using Stoa.Portal.Participants;
using Stoa.Portal.Pages;
using Stoa.Portal.People;
using Stoa.Portal.Rules;
using Stoa.Portal.Usage;
using Stoa.Sensing.Corrections;
using Stoa.Sensing.Feed;
using Stoa.Sensing.Sealing;
using Stoa.Sharing.Agreements;
using Stoa.Sharing.Corrections;
using Stoa.Sharing.Erasure;
using Stoa.Sharing.Exchanges;
using Stoa.Sharing.Logs;
using Stoa.Sharing.Obligations;
using Stoa.Sharing.Parties;
using Stoa.Sharing.Policy;
using Stoa.Sharing.Requests;
using Stoa.Sharing.Roles;
using Stoa.Sharing.Rules;
using Stoa.Sharing.Spectrum;
using Stoa.Storage;

namespace Stoa.Portal;

/// <summary>What an operator may choose about the portal.</summary>
/// <param name="BaseAddress">Address by which clients reach this server; calls to copy are built from it.</param>
public sealed record PortalOptions(Uri BaseAddress)
{
    /// <summary>What the exchange is called while nobody named it.</summary>
    public const string SiteNameDefault = "Stoa";

    /// <summary>Name of the exchange, usually the city's; shown in the header, in titles and in the headline.</summary>
    public string SiteName { get; init; } = SiteNameDefault;
}

/// <summary>Puts this capability together.</summary>
public static class PortalServices
{
    /// <summary>Adds the portal. Needs a <see cref="Database"/>, identity, sharing, the catalogue and the live feed of sensing.</summary>
    public static IServiceCollection AddPortal(this IServiceCollection services, PortalOptions options)
    {
        services.AddSingleton(_ => BrowserFiles.Load());
        services.AddSingleton(provider => new Visitors(
            provider.GetRequiredService<CredentialCheck>(), provider.GetRequiredService<Browsers>(),
            provider.GetRequiredService<AccessPolicy>(), options,
            provider.GetRequiredService<BrowserFiles>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new HtmlPages(provider, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => new RefusalPages(
            provider.GetRequiredService<Visitors>(), provider.GetRequiredService<HtmlPages>()));
        services.AddSingleton(provider => new ReferencePages(
            provider.GetRequiredService<Visitors>(), provider.GetRequiredService<HtmlPages>()));
        services.AddSingleton(provider => new PageEndpoints(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<Visitors>(),
            provider.GetRequiredService<HtmlPages>(), provider.GetRequiredService<AgreementReading>()));
        services.AddSingleton(provider => new OrganizationMembers(
            provider.GetRequiredService<Organizations>(), provider.GetRequiredService<Parties>(),
            provider.GetRequiredService<Tokens>(), provider.GetRequiredService<OneTimeLinks>()));
        services.AddSingleton(provider => new FormPages(
            provider.GetRequiredService<Visitors>(), provider.GetRequiredService<HtmlPages>(), provider.GetRequiredService<Browsers>(),
            provider.GetRequiredService<OpenIdClient>()));
        services.AddSingleton(provider => new OpenIdEndpoints(
            provider.GetRequiredService<PeopleEndpoints>(), provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Browsers>(),
            provider.GetRequiredService<SignIns>(), provider.GetRequiredService<OpenIdClient>(), provider.GetRequiredService<ExternalLogins>()));
        services.AddSingleton(provider => new AccountsEndpoints(
            provider.GetRequiredService<PeopleEndpoints>(), provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Browsers>(),
            provider.GetRequiredService<SignIns>(), provider.GetRequiredService<Accounts>(), provider.GetRequiredService<OneTimeLinks>(),
            provider.GetRequiredService<PersonErasure>()));
        services.AddSingleton(provider => new PeopleEndpoints(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Browsers>(),
            provider.GetRequiredService<SignIns>(), provider.GetRequiredService<Accounts>(), provider.GetRequiredService<Sessions>(),
            provider.GetRequiredService<OneTimeLinks>(), provider.GetRequiredService<OrganizationMembers>(),
            provider.GetRequiredService<Passkeys>(), provider.GetRequiredService<ExternalLogins>(), options));
        services.AddSingleton(provider => new UsageEndpoints(
            provider.GetRequiredService<Exchanges>(), provider.GetRequiredService<ExchangeEvidence>(),
            provider.GetRequiredService<Parties>(), provider.GetRequiredService<Visitors>(),
            provider.GetRequiredService<HtmlPages>()));
        services.AddSingleton(provider => new GovernanceReader(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<AccessPolicy>(), provider.GetRequiredService<DatasetRoles>(),
            provider.GetRequiredService<DatasetDelegations>(), provider.GetRequiredService<SpectrumDecisions>(), provider.GetRequiredService<TermsOfUse>(),
            provider.GetRequiredService<PublicNumbers>(), provider.GetRequiredService<LogReading>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LogReading>();
        services.AddSingleton(provider => new LogPages(
            provider.GetRequiredService<Visitors>(), provider.GetRequiredService<FormPages>(), provider.GetRequiredService<LogReading>(),
            provider.GetRequiredService<LoggedEntries>()));
        services.AddSingleton(provider => new GovernanceEndpoints(
            provider.GetRequiredService<Visitors>(), provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Browsers>(),
            provider.GetRequiredService<GovernanceReader>(), provider.GetRequiredService<DatasetRoles>(),
            provider.GetRequiredService<DatasetDelegations>(), provider.GetRequiredService<SpectrumDecisions>(),
            provider.GetRequiredService<PartyClaims>()));
        services.AddSingleton(provider => new TermsPages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Visitors>(), provider.GetRequiredService<GovernanceReader>(),
            provider.GetRequiredService<TermsOfUse>()));
        services.AddSingleton(provider => new FactsPages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<GovernanceReader>(), provider.GetRequiredService<DatasetFacts>(),
            provider.GetRequiredService<ExchangeBlocks>()));
        services.AddSingleton(provider => new ClaimPages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<GovernanceReader>(), provider.GetRequiredService<PartyClaims>()));
        services.AddSingleton<AgreementReading>();
        services.AddSingleton(provider => new CorrectionPages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<CorrectionRegister>(),
            provider.GetRequiredService<CorrectionWrites>(), provider.GetRequiredService<Database>()));
        services.AddSingleton(provider => new AgreementPages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<AgreementReading>(),
            provider.GetRequiredService<RequestInbox>(), provider.GetRequiredService<AgreementRegister>(), provider.GetRequiredService<AgreementEvidence>(),
            provider.GetRequiredService<ObligationRegister>(), provider.GetRequiredService<GovernedRequests>(),
            provider.GetRequiredService<GovernanceEndpoints>(), options));
        services.AddSingleton(provider => new TemplatePages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<TemplateRegister>(),
            provider.GetRequiredService<AgreementRegister>(), provider.GetRequiredService<Database>()));
        services.AddSingleton<RuleReading>();
        services.AddSingleton(provider => new RulePages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Visitors>(), provider.GetRequiredService<RuleReading>(),
            provider.GetRequiredService<PolicyRules>(), provider.GetRequiredService<OwnPurposes>(), provider.GetRequiredService<Exemptions>(),
            provider.GetRequiredService<CompatibilityTests>(), provider.GetRequiredService<FactsOfParties>()));
        services.AddSingleton(provider => new OrganizationPages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Organizations>(),
            provider.GetRequiredService<Catalogue.Datasets.Datasets>(), provider.GetRequiredService<DatasetFacts>(),
            provider.GetRequiredService<AccessPolicy>(), provider.GetRequiredService<GovernanceReader>()));
        services.AddSingleton(provider => new TokenPages(
            provider.GetRequiredService<FormPages>(), provider.GetRequiredService<Organizations>(), provider.GetRequiredService<Parties>(),
            provider.GetRequiredService<Tokens>(), provider.GetRequiredService<CredentialCheck>(),
            provider.GetRequiredService<Catalogue.Datasets.Datasets>(), provider.GetRequiredService<AccessPolicy>()));
        services.AddSingleton(provider => new MapEndpoints(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<Visitors>()));
        services.AddSingleton(provider => new ChartEndpoints(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<Visitors>()));
        services.AddSingleton(provider => new SeriesDownloads(
            provider.GetRequiredService<Visitors>(), provider.GetRequiredService<GovernedRequests>()));
        services.AddSingleton(provider => new SeriesEvidence(
            provider.GetRequiredService<Visitors>(), provider.GetRequiredService<GovernedRequests>(),
            provider.GetRequiredService<ObservationEvidence>()));
        services.AddSingleton(provider => new LiveValues(
            provider.GetRequiredService<LiveFeed>(), provider.GetRequiredService<Visitors>(),
            provider.GetRequiredService<IHostApplicationLifetime>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>Maps the pages, the map's and charts' data, the live values and the browser files.</summary>
    /// <remarks>Also turns refusals of its pages into pages where a browser asked for one.</remarks>
    public static WebApplication MapPortal(this WebApplication app)
    {
        var services = app.Services;
        app.Use(services.GetRequiredService<RefusalPages>().ServeAsync);
        app.Use(services.GetRequiredService<PageEndpoints>().GiveBareRefusalsAPageAsync);
        var people = app.MapGroup("").WithMetadata(ForPeople.Mark);
        services.GetRequiredService<PageEndpoints>().Map(people);
        services.GetRequiredService<PeopleEndpoints>().Map(people);
        services.GetRequiredService<UsageEndpoints>().Map(people);
        services.GetRequiredService<OpenIdEndpoints>().Map(people);
        services.GetRequiredService<AccountsEndpoints>().Map(people);
        services.GetRequiredService<GovernanceEndpoints>().Map(people);
        services.GetRequiredService<LogPages>().Map(people);
        services.GetRequiredService<TermsPages>().Map(people);
        services.GetRequiredService<ClaimPages>().Map(people);
        services.GetRequiredService<FactsPages>().Map(people);
        services.GetRequiredService<AgreementPages>().Map(people);
        services.GetRequiredService<TemplatePages>().Map(people);
        services.GetRequiredService<RulePages>().Map(people);
        services.GetRequiredService<CorrectionPages>().Map(people);
        services.GetRequiredService<OrganizationPages>().Map(people);
        services.GetRequiredService<TokenPages>().Map(people);
        services.GetRequiredService<MapEndpoints>().Map(app);
        services.GetRequiredService<ChartEndpoints>().Map(app);
        services.GetRequiredService<SeriesDownloads>().Map(people);
        services.GetRequiredService<SeriesEvidence>().Map(people);
        services.GetRequiredService<LiveValues>().Map(app);
        var files = services.GetRequiredService<BrowserFiles>();
        app.MapGet("/assets/{version}/{**path}", files.ServeAsync).ExcludeFromDescription();
        app.MapGet("/favicon.svg", http => files.ServeFixedAsync(http, "icons/mark.svg")).ExcludeFromDescription();
        app.MapGet("/favicon.ico", http => files.ServeFixedAsync(http, "icons/mark.svg")).ExcludeFromDescription();
        return app;
    }
}
