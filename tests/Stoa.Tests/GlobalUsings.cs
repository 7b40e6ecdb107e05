// Every test that keeps data asks there where.
global using Stoa.Testing;
// Tests name requirements as the conformance suite lists them.
global using Requirements = Stoa.Conformance.Requirements;
