using NemotronH.Cli;

using var interruption = new Interruption();
using var streams = StandardStreams.OfProcess();
return await CommandLineApp.RunAsync(args, streams, interruption.Token);
