/** The formats that a tunnel's file may be in. */
export const FORMATS = ['toml', 'wg-quick'] as const

export type Format = (typeof FORMATS)[number]

/** What names of files of each format end with. */
export const ENDING: Readonly<Record<Format, string>> = { toml: '.toml', 'wg-quick': '.conf' }
