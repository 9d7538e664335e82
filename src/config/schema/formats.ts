/** The formats that a tunnel's file may be in. */
export const FORMATS = ['toml', 'wg-quick'] as const

export type Format = (typeof FORMATS)[number]
