/** Region in an ARN that has one. */
export const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

/** Account in an ARN that has one. */
export const accountOf = (arn: string): string => arn.split(':')[4] ?? '';
