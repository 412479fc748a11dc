/** An option that cannot be followed: told with the list of options, and without a stack. */
export class OptionError extends Error {}
