/* The words for the numbers of message.h: see words.h. No malloc, no stdio. */
#include "words.h"

#include "message.h"

#include <errno.h>
#include <string.h>

/* One word for each number; NULL for a number without one. */
struct words {
	const char *const *words;
	uint32_t count;
};

#define WORDS(name)                                    \
	{                                              \
		name, sizeof(name) / sizeof((name)[0]) \
	}

static const char *const kinds[] = {
	[TB_KIND_TAP] = "tap",
	[TB_KIND_TUN] = "tun",
	[TB_KIND_MACVTAP] = "macvtap",
};

static const char *const modes[] = {
	[TB_MODE_BRIDGE] = "bridge",
	[TB_MODE_VEPA] = "vepa",
	[TB_MODE_PRIVATE] = "private",
	[TB_MODE_PASSTHRU] = "passthru",
};

static const char *const lifetimes[TB_LIFETIME_COUNT] = {
	[TB_LIFETIME_SESSION] = "session",     [TB_LIFETIME_FD] = "fd",       [TB_LIFETIME_PERSISTENT] = "persistent",
	[TB_LIFETIME_NAMESPACE] = "namespace", [TB_LIFETIME_NAMED] = "named",
};

static const char *const scopes[] = {
	[TB_SCOPE_USER] = "user",
	[TB_SCOPE_HOST] = "host",
};

static const char *const reasons[TB_REASON_COUNT] = {
	[TB_REASON_DEVICE_GONE] = "device-gone",
	[TB_REASON_NOT_COLLECTED] = "not-collected",
	[TB_REASON_PROTOCOL] = "protocol",
	[TB_REASON_CLIENT] = "client",
	[TB_REASON_RELEASED] = "released",
	[TB_REASON_REVOKED] = "revoked",
	[TB_REASON_GUARD_MAC] = "guard-mac",
	[TB_REASON_GUARD_OWNER] = "guard-owner",
	[TB_REASON_GUARD_PERSIST] = "guard-persist",
	[TB_REASON_GUARD_MASTER] = "guard-master",
	[TB_REASON_GUARD_ALIAS] = "guard-alias",
	[TB_REASON_GUARD_FLOOD] = "guard-flood",
	[TB_REASON_EXPIRED] = "expired",
};

static const char *const stages[] = {
	[TB_STAGE_NONE] = "none",     [TB_STAGE_NODE] = "node",       [TB_STAGE_CREATE] = "create",
	[TB_STAGE_HARDEN] = "harden", [TB_STAGE_LINK] = "link",       [TB_STAGE_VERIFY] = "verify",
	[TB_STAGE_UP] = "up",         [TB_STAGE_ADDRESS] = "address", [TB_STAGE_ROUTE] = "route",
	[TB_STAGE_RULE] = "rule",
};

static const char *const events[TB_EVENT_COUNT] = {
	[TB_EVENT_WATCHING] = "watching",     [TB_EVENT_OPENED] = "opened",       [TB_EVENT_ENDED] = "ended",
	[TB_EVENT_CONFIGURED] = "configured", [TB_EVENT_UNBLOCKED] = "unblocked",
};

static const struct words kind_words = WORDS(kinds);
static const struct words mode_words = WORDS(modes);
static const struct words lifetime_words = WORDS(lifetimes);
static const struct words scope_words = WORDS(scopes);
static const struct words reason_words = WORDS(reasons);
static const struct words stage_words = WORDS(stages);
static const struct words event_words = WORDS(events);

static const char *word_of(const struct words *words, uint32_t number)
{
	return number < words->count ? words->words[number] : NULL;
}

static int number_of(const struct words *words, const char *word, uint32_t *number)
{
	for (uint32_t i = 0; i < words->count; i++) {
		if (words->words[i] != NULL && strcmp(words->words[i], word) == 0) {
			*number = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *tb_kind_word(uint32_t kind)
{
	return word_of(&kind_words, kind);
}

const char *tb_mode_word(uint32_t mode)
{
	return word_of(&mode_words, mode);
}

const char *tb_lifetime_word(uint32_t lifetime)
{
	return word_of(&lifetime_words, lifetime);
}

bool tb_lifetime_by_name(uint32_t lifetime)
{
	return lifetime < TB_LIFETIME_COUNT && (1u << lifetime & TB_LIFETIMES_BY_NAME) != 0;
}

const char *tb_scope_word(uint32_t scope)
{
	return word_of(&scope_words, scope);
}

const char *tb_reason_word(uint32_t reason)
{
	return word_of(&reason_words, reason);
}

const char *tb_stage_word(uint32_t stage)
{
	return word_of(&stage_words, stage);
}

const char *tb_event_word(uint32_t what)
{
	return word_of(&event_words, what);
}

int tb_kind_read(const char *word, uint32_t *kind)
{
	return number_of(&kind_words, word, kind);
}

int tb_mode_read(const char *word, uint32_t *mode)
{
	return number_of(&mode_words, word, mode);
}

int tb_lifetime_read(const char *word, uint32_t *lifetime)
{
	return number_of(&lifetime_words, word, lifetime);
}

int tb_scope_read(const char *word, uint32_t *scope)
{
	return number_of(&scope_words, word, scope);
}
