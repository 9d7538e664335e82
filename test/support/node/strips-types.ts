/** Whether this Node takes modules in TypeScript: from 22.18 on. */
export const stripsTypes = Boolean((process.features as { readonly typescript?: unknown }).typescript)
