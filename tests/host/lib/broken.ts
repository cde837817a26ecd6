export const x = 1;
export enum E { A }
