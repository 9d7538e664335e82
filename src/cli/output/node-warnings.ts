import type { Logger } from '../../core/api/logger.js'

/**
 * What Node says, in two to four lines, about a module whose syntax is another than its name or its package.json tells: where
 * that is an error, the answer of Qanat has it, too; else the module works.
 */
const ABOUT_SYNTAX = /^(?:To load an ES module, set |Failed to load the ES module: )/
const REPARSED = 'MODULE_TYPELESS_PACKAGE_JSON'

/** Leads Node's warnings to the log from now on, unless Node is told to print none. */
export function logWarnings(log: Logger): void {
  if (process.listenerCount('warning') === 0) return
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    if (isAboutSyntax(warning)) return
    log.warn(warning.message, { from: 'node', name: warning.name, code: warning.code })
  })
}

/** Leaves out Node's warnings about the syntax of a plugin. Others are printed as before, or not at all if Node is told so. */
export function leaveOutSyntaxWarnings(): void {
  const printers = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    if (isAboutSyntax(warning)) return
    for (const print of printers) print(warning)
  })
}

function isAboutSyntax({ code, message }: Error & { code?: string }): boolean {
  return code === REPARSED || ABOUT_SYNTAX.test(message)
}
