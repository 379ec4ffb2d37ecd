"""Cards, modals and the Home tab: values in, blocks out. Pure; what people, models and tools say is never markup."""
