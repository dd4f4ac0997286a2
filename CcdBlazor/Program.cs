using CcdBlazor.Hosting;

return await CcdApplication.RunAsync(args);
