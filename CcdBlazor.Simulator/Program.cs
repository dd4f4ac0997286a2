using CcdBlazor.Simulator;

return await SimulatorServer.RunAsync(args);
