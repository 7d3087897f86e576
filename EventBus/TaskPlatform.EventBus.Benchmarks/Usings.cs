global using TaskPlatform.EventBus.Benchmarks.Limits;
global using TaskPlatform.EventBus.Benchmarks.Measuring;
