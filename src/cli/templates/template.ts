/** What a new plugin is called, and in which language it is. */
export interface NewPlugin {
  readonly name: string
  readonly typescript: boolean
}

/** The sources of one kind of plugin. */
export interface Template {
  /** What the part does, for README and package.json, without a full stop. */
  readonly does: string
  /** The module that exports the plugin. */
  plugin(made: NewPlugin): string
  /** What its kit is, as an expression, and what that needs before it. */
  kit(made: NewPlugin): { readonly before: string; readonly value: string }
  /** What the user types to have it used. */
  use(name: string): string
}

/** The line that imports names; built here, so that nobody takes it for an import of this program. */
export function importLine(names: string, module: string): string {
  return `import ${names} from '${module}'\n`
}

/** The first lines of a module: the comment that has JavaScript checked, and imports by module. */
export function head(typescript: boolean, imports: Readonly<Record<string, string>>): string {
  const lines = Object.entries(imports).map(([module, names]) => importLine(names, module))
  return [typescript ? '' : '// @ts-check\n', ...lines].join('')
}

/** A name as an object's key: in quotes if it has a dash. */
export function keyOf(name: string): string {
  return name.includes('-') ? `'${name}'` : name
}
