// The tests start servers and measure how fast they are ready: one at a time.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

[assembly: EngineOfTheTest]
