/**
 * What Node says, in two to four lines, about a module whose syntax is another than its name or its package.json tells: where
 * that is an error, the answer of Qanat has it, too; else the module works.
 */
const ABOUT_SYNTAX = /^(?:To load an ES module, set |Failed to load the ES module: )/
const REPARSED = 'MODULE_TYPELESS_PACKAGE_JSON'

/** Leaves out Node's warnings about the syntax of a plugin. Others are printed as before, or not at all if Node is told so. */
export function leaveOutSyntaxWarnings(): void {
  const printers = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    if (warning.code === REPARSED || ABOUT_SYNTAX.test(warning.message)) return
    for (const print of printers) print(warning)
  })
}
