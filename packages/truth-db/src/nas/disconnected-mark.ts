/** What `nas_applied` says of a session whose Disconnect-Request was acknowledged; no digest has this form. */
export const disconnectedMark = 'disconnected';
