/** What a configuration says of the options of plugins, before the plugins are loaded that know more of them. */
export interface PluginOptions {
  /** Where relative paths among them begin. */
  readonly folder: string
  /** By the plugin's name. */
  readonly tables: Readonly<Record<string, PluginTable>>
}

/** What it says of one plugin's options, by their keys as files have them. */
export interface PluginTable {
  readonly values: Readonly<Record<string, unknown>>
  /** Texts that were read where the configuration says that they are. */
  readonly secrets: Readonly<Record<string, string>>
}
