// Every test that keeps data asks there where.
global using Stoa.Testing;
