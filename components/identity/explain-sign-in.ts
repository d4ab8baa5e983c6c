type Failure = { title: string; text: string };

/** Why somebody could not be signed in, from the sign-in library's word for it. */
export function explainSignIn(error: string): Failure {
  const seconds = /^wait:(\d+)$/.exec(error)?.[1];
  if (seconds) {
    const minutes = Math.ceil(Number(seconds) / 60);
    return {
      title: "Too many tries",
      text: `Wait ${minutes} minute${minutes === 1 ? "" : "s"} and try again.`,
    };
  }
  if (error === "CredentialsSignin") {
    return {
      title: "That did not work",
      text: "The email address or the password is wrong. A platform administrator can send you a link to set a new password.",
    };
  }
  if (error.startsWith("OAuth")) {
    return {
      title: "Your identity provider's answer was refused",
      text: "It was not an answer to a sign-in that began here. Start again with the button below; if it stays, ask your platform team.",
    };
  }
  return {
    title: "You could not be signed in just now",
    text: "The portal could not check your password. Try again in a moment.",
  };
}
