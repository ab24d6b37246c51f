namespace NemotronH.Evaluation.Mmlu;

/// <summary>The four categories of MMLU and their 57 subjects (Hendrycks et al., 2021).</summary>
internal static class MmluSubjects
{
    private const string Uncategorized = "uncategorized";

    private static readonly (string Category, string Subjects)[] Categories =
    [
        ("stem", """
            abstract_algebra anatomy astronomy college_biology college_chemistry college_computer_science college_mathematics college_physics
            computer_security conceptual_physics electrical_engineering elementary_mathematics high_school_biology high_school_chemistry
            high_school_computer_science high_school_mathematics high_school_physics high_school_statistics machine_learning
            """),
        ("humanities", """
            formal_logic high_school_european_history high_school_us_history high_school_world_history international_law jurisprudence
            logical_fallacies moral_disputes moral_scenarios philosophy prehistory professional_law world_religions
            """),
        ("social_sciences", """
            econometrics high_school_geography high_school_government_and_politics high_school_macroeconomics high_school_microeconomics
            high_school_psychology human_sexuality professional_psychology public_relations security_studies sociology us_foreign_policy
            """),
        ("other", """
            business_ethics clinical_knowledge college_medicine global_facts human_aging management marketing medical_genetics miscellaneous
            nutrition professional_accounting professional_medicine virology
            """),
    ];

    private static readonly Dictionary<string, string> CategoryBySubject = Categories
        .SelectMany(entry => entry.Subjects.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(subject => (subject, entry.Category)))
        .ToDictionary(pair => pair.subject, pair => pair.Category);

    /// <summary>The categories in the order in which they are shown; the last is that of other subjects.</summary>
    public static IList<string> CategoryNames { get; } = [.. Categories.Select(entry => entry.Category), Uncategorized];

    /// <summary>The subjects of all categories.</summary>
    public static IReadOnlyCollection<string> Names => CategoryBySubject.Keys;

    /// <summary>Category of a subject.</summary>
    public static string CategoryOf(string subject) => CategoryBySubject.GetValueOrDefault(subject, Uncategorized);
}
