// The set-up scripts are plain JavaScript, since they run before there is a compiler.
declare module '*.mjs'
