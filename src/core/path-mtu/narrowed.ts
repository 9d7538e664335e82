/** Why a stream gives way to a new one: TCP agrees on the size of segments when a connection is opened, and never again. */
export const NARROWED = 'its route carries less than before'
