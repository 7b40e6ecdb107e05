// Tests name requirements as the conformance suite lists them.
global using Requirements = Stoa.Conformance.Requirements;
