using Stoa.Host.Commands;

return await CommandLine.RunAsync(args);
