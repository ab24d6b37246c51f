namespace NemotronH.Generation.Constraints.Automaton;

/// <summary>Where an object or a list stands between its members.</summary>
internal enum MemberPhase
{
    /// <summary>Behind the opening bracket.</summary>
    AfterOpening,

    /// <summary>Behind a member.</summary>
    AfterMember,

    /// <summary>Behind a comma.</summary>
    AfterComma,
}
