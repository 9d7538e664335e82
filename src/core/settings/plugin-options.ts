/** A plugin that is to be loaded: a path, or the name of a package, with the folder that it is looked for in first. */
export type NamedPlugin = string | { readonly name: string; readonly from: string }

/** What a configuration says of the options of plugins, before the plugins are loaded that know more of them. */
export interface PluginOptions {
  /** Where relative paths among them begin. */
  readonly folder: string
  /** By the plugin's name. */
  readonly tables: Readonly<Record<string, PluginTable>>
}

/** What is wrong with what it says of options. */
export interface OptionFault {
  readonly plugin: string
  /** As files have it, of a secret without the end that says where it is; undefined if the whole table is wrong. */
  readonly key: string | undefined
  /** What is wrong, without the place. It shows no secret. */
  readonly text: string
}

/** What it says of one plugin's options, by their keys as files have them. */
export interface PluginTable {
  readonly values: Readonly<Record<string, unknown>>
  /** Texts that were read where the configuration says that they are. */
  readonly secrets: Readonly<Record<string, string>>
}
