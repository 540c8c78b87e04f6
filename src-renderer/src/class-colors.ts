/** How many class colours there are before they repeat. */
export const classColorCount = 12

/** CSS colour of the class at this position; stable as long as the class keeps its place. */
export const classColor = (position: number): string => `var(--class-${Math.abs(position) % classColorCount})`
