export const planPath = (name: string): string => `/admin/dial-plans/${encodeURIComponent(name)}`;
