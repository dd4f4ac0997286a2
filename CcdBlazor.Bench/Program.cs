using CcdBlazor.Bench;

return await Benches.RunAsync(args);
