using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>The refusals that concern what may be done with a dataset the caller knows of.</summary>
public static class SharingRefusals
{
    /// <summary>503: what is recorded is not confirmed by others, and without that nothing of this level is read.</summary>
    public static Problem ConfirmationOverdue { get; } = new(
        503, "confirmation-overdue", "Nothing of this dataset is read now",
        "The log of this exchange has not been confirmed by its witnesses or its time-stamp authority for too long, and the operator lets nothing of this level leave " +
        "without. Try again later, or ask the operator: /health/ready says since when.") { RetryAfterSeconds = 60 };

    /// <summary>403: visible, but the token does not name it for writing.</summary>
    public static Problem NotWritable { get; } = new(
        403, "not-writable", "This dataset is not yours to change",
        "The token may read this dataset but not write it. Use a token that names the dataset with the right 'write'.");

    /// <summary>403: who adds by role leaves to the owner what is there already.</summary>
    /// <param name="slug">The dataset, which the caller knows of.</param>
    public static Problem ProposalOnly(string slug)
    {
        var reason = ReasonAnswer.Of(new(ReasonCode.L10ProposalOnly), "en");
        var address = $"/api/v1/datasets/{slug}/corrections";
        return new Problem(
            403, "access-refused", "The policy of this exchange does not allow this",
            $"{reason.Text} What is there is changed and removed by the owner alone: propose it with POST {address}, and the owner decides.")
            .With("reason", reason.Code).With("clause", reason.Clause).With("corrections", address);
    }

    /// <summary>403: messages are sent as they come, and only a part may be seen.</summary>
    public static Problem OnlyInPart { get; } = new(
        403, "not-followable", "This dataset cannot be followed",
        "Only some of this dataset may be seen (fields, times, places or grain), and messages are sent whole. " +
        "Ask for it at /datasets/{slug}/sensorthings/v1.1.");

    /// <summary>403: messages are sent as they come, and use is limited.</summary>
    public static Problem OnlySoMuch { get; } = new(
        403, "not-followable", "This dataset cannot be followed",
        "Only so much of this dataset may be used (requests, rows), and messages are not counted. " +
        "Ask for it at /datasets/{slug}/sensorthings/v1.1, where it is.");

    /// <summary>403: several datasets could be meant, or none may be written.</summary>
    public static Problem DatasetNotNamed { get; } = new(
        403, "dataset-not-named", "No dataset is named",
        "This token does not say into which dataset to write: it names none or several for writing. " +
        "Send the same request to /datasets/{slug}/sensorthings/v1.1 of a dataset that the token may write.");
}
