package disclosure_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tributary/internal/domain/disclosure"
)

func TestR63OnlyWhatSaysThatMoneyIsPaidIsAdequate(t *testing.T) {
	t.Parallel()
	far := strings.Repeat("lovely ", 20)
	for _, c := range []struct {
		post disclosure.Post
		want disclosure.Code
	}{
		{disclosure.Post{Caption: "New serum! #ad"}, disclosure.Adequate},
		{disclosure.Post{Caption: "New serum! #AD."}, disclosure.Adequate},
		{disclosure.Post{Caption: "Serum (paid link) below"}, disclosure.Adequate},
		{disclosure.Post{Caption: "Paid\n link: x"}, disclosure.Adequate},
		{disclosure.Post{Caption: "ADVERTISEMENT: serum"}, disclosure.Adequate},
		{disclosure.Post{Caption: "Serum", Label: true}, disclosure.Labelled},
		{disclosure.Post{Caption: "Serum", Hashtags: []string{"ad"}}, disclosure.Adequate},
		{disclosure.Post{Caption: "affiliate link in bio"}, disclosure.Ambiguous},
		{disclosure.Post{Caption: "Lovely #affiliate find"}, disclosure.Ambiguous},
		{disclosure.Post{Caption: "#spon by friends"}, disclosure.Ambiguous},
		{disclosure.Post{Caption: "affiliate link (paid link)"}, disclosure.Adequate},
		{disclosure.Post{Caption: "I was sad about #adidas and #adventure"}, disclosure.Missing},
		{disclosure.Post{Caption: "#ad_free life"}, disclosure.Missing},
		{disclosure.Post{}, disclosure.Missing},
		{disclosure.Post{Platform: "instagram", Caption: far + "#ad"}, disclosure.AfterFold},
		{disclosure.Post{Platform: "youtube", Caption: far + "#ad"}, disclosure.Adequate},
		{disclosure.Post{Platform: "instagram", Caption: "#ad " + far}, disclosure.Adequate},
		{disclosure.Post{Platform: "instagram", Caption: far, Hashtags: []string{"#ad"}}, disclosure.AfterFold},
		{disclosure.Post{Platform: "instagram", Caption: strings.Repeat("é", 121) + " #ad"}, disclosure.Adequate}, // characters, not bytes
		{disclosure.Post{Platform: "instagram", Caption: strings.Repeat("é", 122) + " #ad"}, disclosure.AfterFold},
		{disclosure.Post{Caption: "#ad", Required: []string{"#BrandX"}}, disclosure.TagMissing},
		{disclosure.Post{Caption: "#ad #brandx", Required: []string{"#BrandX"}}, disclosure.Adequate},
		{disclosure.Post{Caption: "Serum", Label: true, Required: []string{"#BrandX"}}, disclosure.TagMissing},
		{disclosure.Post{Platform: "instagram", Caption: "#ad " + far + "#brandx", Required: []string{"#brandx"}}, disclosure.TagAfterFold},
	} {
		got := disclosure.Check(c.post)
		if got.Code != c.want || got.Detail == "" {
			t.Errorf("%+v: %+v, want %s", c.post, got, c.want)
		}
		if got.Code.OK() != (c.want == disclosure.Adequate || c.want == disclosure.Labelled) {
			t.Errorf("%s is OK: %v", got.Code, got.Code.OK())
		}
	}
}

func TestADisclosureInFrontIsAdequateWhateverFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rest := rapid.String().Draw(t, "rest")
		got := disclosure.Check(disclosure.Post{Platform: "instagram", Caption: "#ad " + rest, Hashtags: rapid.SliceOf(rapid.String()).Draw(t, "tags")})
		if got.Code != disclosure.Adequate {
			t.Fatalf("%q: %+v", rest, got)
		}
	})
}
