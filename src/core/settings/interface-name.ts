/** Bytes in an interface's name: Linux' IFNAMSIZ less its closing zero. */
export const MAX_INTERFACE_NAME = 15

/** A name for an interface that shells, files and options take, too: the kernel itself refuses less. */
export const INTERFACE_NAME = new RegExp(`^(?!-|\\.\\.?$)[A-Za-z0-9_.-]{1,${MAX_INTERFACE_NAME}}$`)
