using NemotronH.Cli;

using var interruption = Interruption.OfProcess();
using var streams = StandardStreams.OfProcess(interruption);
return await CommandLineApp.RunAsync(args, streams, interruption.Token);
