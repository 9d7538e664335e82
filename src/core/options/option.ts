/** What every option has. */
export interface Described {
  /** What it is for, in a line without a full stop. */
  readonly help: string
  /**
   * Where it may be set: in the plugin's table of a configuration, by `--set` and the library, too, or in the query of an
   * endpoint of the plugin's transports, `nats://host?subject=x`, which counts before that. The table alone if absent.
   */
  readonly in?: readonly OptionPlace[]
}

/** Where an option may be set. */
export type OptionPlace = 'file' | 'endpoint'

/** Whether an option may be set there. */
export function isSetIn(place: OptionPlace, { in: places = ['file'] }: Option): boolean {
  return places.includes(place)
}

/** Numbers: whole ones, bytes, or a duration in milliseconds. */
export interface NumberOption extends Described {
  /** `whole` is a number, `bytes` also such as "64 KiB", `duration` also such as "10 s". */
  readonly type: 'whole' | 'bytes' | 'duration'
  /** The least that it may be; 0 if absent. */
  readonly min?: number
  /** The most that it may be; the largest whole number that is exact if absent. */
  readonly max?: number
  /** In the unit of the type, or as users write it: `10_000` or "10 s" of a duration. */
  readonly default?: number | string
}

/** Any text but an empty one, or the path of a file: a relative one begins at the configuration's folder. */
export interface TextOption extends Described {
  readonly type: 'string' | 'path'
  readonly default?: string
}

/** A text that is shown nowhere. It is in a file of its own, `NAME-file`, or in the environment, `NAME-env`. */
export interface SecretOption extends Described {
  readonly type: 'secret'
}

/** True or false. */
export interface ToggleOption extends Described {
  readonly type: 'toggle'
  readonly default?: boolean
}

/** Any number of texts. */
export interface ListOption extends Described {
  readonly type: 'list'
  readonly default?: readonly string[]
}

/** One of some words. */
export interface ChoiceOption extends Described {
  readonly type: 'one of'
  readonly of: readonly string[]
  readonly default?: string
}

/** What a plugin says of one of its options. Without a default it may be undefined. */
export type Option = NumberOption | TextOption | SecretOption | ToggleOption | ListOption | ChoiceOption

/** What a plugin says of its options, by name: `maxStreams`, which is `max-streams` in a file. */
export type Options = Readonly<Record<string, Option>>

/** What a plugin is given of an option that is set. */
export type Value<One extends Option> = One extends NumberOption
  ? number
  : One extends ToggleOption
    ? boolean
    : One extends ListOption
      ? readonly string[]
      : One extends ChoiceOption
        ? One['of'][number]
        : string

/** What a plugin is given of options that are described so. */
export type OptionsOf<Given extends Options> = {
  readonly [Name in keyof Given]: Given[Name] extends { readonly default: unknown }
    ? Value<Given[Name]>
    : Value<Given[Name]> | undefined
}

/** What options are called in a plugin. */
export const OPTION_NAME = /^[a-z][a-zA-Z0-9]*$/

/** An option as files and the command line call it: `maxStreams` is `max-streams`. */
export function optionKey(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** An option with the name that its plugin gives it. */
export interface NamedOption {
  readonly name: string
  readonly option: Option
}

/** The options of a plugin, by what they are called where users set them. */
export function optionsByKey(options: Options): ReadonlyMap<string, NamedOption> {
  return new Map(Object.entries(options).map(([name, option]) => [optionKey(name), { name, option }]))
}
